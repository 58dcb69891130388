"""What sending mail is measured with: ``benchmarks/send_mail.py``."""
