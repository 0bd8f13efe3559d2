package web

import (
	"errors"
	"net/http"

	"zhudian/internal/fault"
)

// statusOf is the one table from kind of fault to HTTP status.
var statusOf = map[fault.Kind]int{
	fault.Internal:        http.StatusInternalServerError,
	fault.Malformed:       http.StatusBadRequest,
	fault.Invalid:         http.StatusUnprocessableEntity,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Forbidden:       http.StatusForbidden,
	fault.NotFound:        http.StatusNotFound,
	fault.Conflict:        http.StatusConflict,
	fault.Closed:          http.StatusConflict,
	fault.TooLarge:        http.StatusRequestEntityTooLarge,
	fault.TooMany:         http.StatusTooManyRequests,
	fault.Unavailable:     http.StatusServiceUnavailable,
}

// StatusOf gives the HTTP status of an error; anything that is not a fault is 500.
func StatusOf(err error) int {
	if s, ok := statusOf[fault.Of(err).Kind]; ok {
		return s
	}
	return http.StatusInternalServerError
}

// ordinary turns the errors of the standard library that are the client's doing into faults.
func ordinary(err error) *fault.Error {
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return fault.New(fault.TooLarge, "body_too_large",
			"提交的内容超过 "+bytesText(big.Limit)+"。", "The request is larger than "+bytesText(big.Limit)+".")
	}
	return fault.Of(err)
}
