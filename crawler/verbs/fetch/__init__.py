"""`crawler fetch`: the daemon's parts in the hand of somebody who knows curl and wget."""
