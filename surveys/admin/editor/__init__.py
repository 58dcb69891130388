"""The survey editor: pages in the admin on which a product manager makes a survey alone."""
