"""CSV files -> customers, subscriptions and cancellations.

``reading`` turns bytes into rows, ``mapping`` says what the columns mean, ``rows`` turns a row
into facts, ``importing`` writes facts in bulk, ``errors`` keeps what could not be taken in.
"""
