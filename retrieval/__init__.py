"""Split articles into passages, index them densely and lexically, rank evidence for queries."""
