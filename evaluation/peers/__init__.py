"""Other retrieval systems on the same articles and questions."""
