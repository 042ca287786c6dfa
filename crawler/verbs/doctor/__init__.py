"""`crawler doctor`: what a careful colleague would check of a deployment, and what to do."""
