"""Which questions a search of the literature can answer: training and measuring the classifier."""
