package web

// CountCell is one plain count of a check.
type CountCell struct {
	Text string
	N    int64
	Tone string // "", due or alarm
}

func wizardState(i, now int) string {
	if i == now {
		return "now"
	}
	return ""
}
