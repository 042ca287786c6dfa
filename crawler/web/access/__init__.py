"""Who may ask and who may act: the token, sessions of browsers, and what is refused."""
