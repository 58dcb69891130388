"""An installation of our own to measure: its settings as shipped, its files in a folder apart."""
