"""Training of Cartwright's two networks: the detector (item, hand) and the embedder."""
