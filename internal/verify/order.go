package verify

import (
	"strconv"

	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// order is by risk and then by deadline, or by deadline alone; what the person filed stands the newest first.
func (in Queue) order() order {
	switch {
	case in.State == "mine":
		return newest
	case in.Order == "due":
		return byDue
	}
	return byRisk
}

type order int

const (
	byRisk order = iota
	byDue
	newest
)

func (o order) by() string {
	return [...]string{"c.risk DESC, c.due_on, c.id", "c.due_on, c.id", "c.filed_at DESC, c.id DESC"}[o]
}

// cursor is a claim's place in the order.
func (o order) cursor(c Claim) string {
	switch o {
	case newest:
		return db.Cursor(strconv.FormatInt(c.FiledAt, 10), c.DueOn, c.ID)
	default:
		return db.Cursor(strconv.FormatInt(c.Risk, 10), c.DueOn, c.ID)
	}
}

// after is the condition of what follows a place, with its values.
func (o order) after(key []string) (string, []any, error) {
	n, err := strconv.ParseInt(key[0], 10, 64)
	if err != nil {
		return "", nil, fault.New(fault.Malformed, "bad_cursor", "翻页位置无效，请从第一页重新开始。", "The page cursor is not valid; start again from the first page.")
	}
	switch o {
	case newest:
		return "(c.filed_at, c.id) < (?, ?)", []any{n, key[2]}, nil
	case byDue:
		return "(c.due_on, c.id) > (?, ?)", []any{key[1], key[2]}, nil
	default:
		return "(c.risk < ? OR c.risk = ? AND (c.due_on, c.id) > (?, ?))", []any{n, n, key[1], key[2]}, nil
	}
}
