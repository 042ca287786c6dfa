"""The verbs by which an operator wishes: what stands until it is taken back."""
