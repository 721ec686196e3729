"""What is read out of an article's words, against a person's or model's reading of them."""
