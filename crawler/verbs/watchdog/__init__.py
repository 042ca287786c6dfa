"""`crawler watchdog`: an event listener of supervisord, which has those started anew that hang."""
