"""One exchange: the request of a visit, its answer, its body; a value or a Trouble."""
