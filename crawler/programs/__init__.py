"""Programs of the operator's own: lists come from them, and hooks are told to them."""
