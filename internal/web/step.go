package web

// Step is one line of a checklist.
type Step struct {
	Text   string
	Done   bool
	When   string
	Action string
	URL    string
}

func stepsDone(steps []Step) int {
	n := 0
	for _, s := range steps {
		if s.Done {
			n++
		}
	}
	return n
}
