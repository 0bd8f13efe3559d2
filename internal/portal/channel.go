package portal

// channels are the columns of the portal in the order of its menu.
var channels = []string{"results", "news", "advantage", "policy", "notice"}
