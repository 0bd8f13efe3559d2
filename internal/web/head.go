package web

import "strconv"

// Tab is one tab; N counts what is under it, 0 shows nothing.
type Tab struct {
	Text, URL string
	N         int64
	On        bool
}

func shortHash(h string) string {
	if len(h) <= 12 {
		return h
	}
	return h[:4] + "…" + h[len(h)-4:]
}

func deadlineClass(d Deadline) string {
	switch d.Tone {
	case Due:
		return "zd-due"
	case Alarm:
		return "zd-alarm"
	default:
		return ""
	}
}

// permille is done of total in thousandths, kept within 0 and 1000.
func permille(done, total int64) string {
	n, ok := ratio(done, total, 3)
	if !ok || n < 0 {
		n = 0
	}
	return strconv.FormatInt(min(n, 1000), 10)
}
