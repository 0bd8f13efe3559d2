package db

import (
	"encoding/base64"
	"encoding/json"

	"zhudian/internal/fault"
)

// A Page asks for part of a list: at most Limit rows after the cursor After.
type Page struct {
	Limit int    `query:"limit" json:"limit,omitempty" minimum:"1" maximum:"200" default:"50"`
	After string `query:"after" json:"after,omitempty"`
}

// The size of a list's part when nothing is said, and the most that may be asked for.
const (
	PageDefault = 50
	PageMax     = 200
)

// Size gives the number of rows to show. More than PageMax, or less than one, is refused.
func (p Page) Size() (int, error) {
	switch {
	case p.Limit == 0:
		return PageDefault, nil
	case p.Limit < 0 || p.Limit > PageMax:
		f := fault.BadField("limit", "out_of_range", "每页 1 至 200 条。", "A page holds 1 to 200 rows.")
		fault.Of(f).Kind = fault.Malformed
		return 0, f
	}
	return p.Limit, nil
}

// Cursor packs the sort key of the last row shown into an opaque text.
func Cursor(key ...string) string {
	raw, _ := json.Marshal(key) // strings always marshal
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Keys unpacks the cursor into n parts; an empty cursor gives nil. A text that Cursor did not make is Malformed.
func (p Page) Keys(n int) ([]string, error) {
	if p.After == "" {
		return nil, nil
	}
	var key []string
	raw, err := base64.RawURLEncoding.DecodeString(p.After)
	if err == nil {
		err = json.Unmarshal(raw, &key)
	}
	if err != nil || len(key) != n {
		return nil, fault.New(fault.Malformed, "bad_cursor", "翻页位置无效，请从第一页重新开始。", "The page cursor is not valid; start again from the first page.")
	}
	return key, nil
}
