package web

import (
	"context"
	"net/http"
)

// ResponseHeader is the header of the answer being made, for what a use case decides: a cookie, what the browser
// is to forget. Outside a request it is a header that nobody sends.
func ResponseHeader(ctx context.Context) http.Header {
	if h := frameOf(ctx).header; h != nil {
		return h
	}
	return http.Header{}
}

// SetCookie adds a cookie to the answer.
func SetCookie(ctx context.Context, c *http.Cookie) {
	ResponseHeader(ctx).Add("Set-Cookie", c.String())
}

// Cookie is the value of a cookie of the request, or "".
func Cookie(ctx context.Context, name string) string {
	if r := frameOf(ctx).request; r != nil {
		return cookie(r, name)
	}
	return ""
}

// Agent is what the browser calls itself, as sent.
func Agent(ctx context.Context) string {
	if r := frameOf(ctx).request; r != nil {
		return r.UserAgent()
	}
	return ""
}
