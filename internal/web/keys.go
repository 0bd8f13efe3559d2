package web

// keyList is what "?" shows; zd.js and list.js act on the same keys.
var keyList = []struct {
	name string
	keys []string
}{
	{"palette", []string{"Ctrl", "K"}},
	{"search", []string{"/"}},
	{"create", []string{"c"}},
	{"move", []string{"j", "k"}},
	{"select", []string{"x"}},
	{"open", []string{"Enter"}},
	{"edit", []string{"e"}},
	{"neighbour", []string{"[", "]"}},
	{"goto", []string{"g", "…"}},
	{"save", []string{"Ctrl", "Enter"}},
	{"close", []string{"Esc"}},
	{"help", []string{"?"}},
}

var books = []string{"filed", "reviewed", "recognised"}

func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}
