"""Training and evaluation of the classifier of questions that the literature can answer."""
