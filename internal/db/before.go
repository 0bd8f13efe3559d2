package db

import (
	"context"
	"sync/atomic"
)

type beforeKey struct{}

// before is what the first write of a context does first.
type before struct {
	fn   func(ctx context.Context, tx *Tx) error
	done atomic.Bool
}

// Before makes the first transaction that writes with the returned context run fn first, so that both happen or
// neither; later ones do not. It tells whether that has come about.
func Before(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) (_ context.Context, done func() bool) {
	b := &before{fn: fn}
	return context.WithValue(ctx, beforeKey{}, b), b.done.Load
}

// preceded puts what must happen before in front of fn; settled is to be called when the transaction is durable.
func preceded(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) (first func(ctx context.Context, tx *Tx) error, settled func()) {
	b, ok := ctx.Value(beforeKey{}).(*before)
	if !ok || b.done.Load() {
		return fn, func() {}
	}
	return func(ctx context.Context, tx *Tx) error {
		if err := b.fn(ctx, tx); err != nil {
			return err
		}
		return fn(ctx, tx)
	}, func() { b.done.Store(true) }
}
