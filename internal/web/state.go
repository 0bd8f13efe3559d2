package web

import (
	"context"

	"github.com/a-h/templ"

	"zhudian/internal/fault"
)

var downloadAttr = templ.Attributes{"download": true, "hx-boost": "false"}

// EmptyProps is an empty, missing or broken state: what it is, why, and what to do (children).
type EmptyProps struct {
	Icon  string
	Title string
	Text  string
	// Filters are the conditions in force, for "no match".
	Filters []string
	// Reference is the number to quote, for errors.
	Reference string
}

// WorkProps is a row of the background list.
type WorkProps struct {
	Name      string
	Done      int64
	Total     int64
	Unit      string // 行
	Step      string // 校验第 2 步，共 3 步
	Left      string // 约剩 50 秒
	Problems  string // 已见问题行 38
	State     string // running, done, failed
	Result    string // 214 行写入，6 行没写入
	Detail    string
	LinkText  string // 下载, 下载问题行
	LinkURL   string
	CancelURL string // POST; what it leaves is CancelText
	Cancel    string // 取消，不留任何改动
	Poll      string // fragment asked again every 2 s while running
}

func faultIcon(k fault.Kind) string {
	switch k {
	case fault.Forbidden, fault.Unauthenticated, fault.NotFound, fault.Closed:
		return "lock"
	case fault.TooMany:
		return "hourglass"
	case fault.Unavailable:
		return "cloud-off"
	case fault.Malformed, fault.Invalid, fault.Conflict, fault.TooLarge:
		return "alert-circle"
	default:
		return "alert-triangle"
	}
}

// faultTitle says in a few words what kind of thing happened.
func faultTitle(ctx context.Context, f *fault.Error) string {
	return T(ctx, "fault."+statusKey(StatusOf(f)))
}

func words(ctx context.Context, w fault.Words) string { return w.In(Lang(ctx)) }
