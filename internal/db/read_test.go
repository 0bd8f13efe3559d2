package db

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"time"
)

// TestRead_manyAtOnce: readers that hold every connection and then ask something new do not wait for each other.
func TestRead_manyAtOnce(t *testing.T) {
	d := openTest(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	n := max(4, runtime.NumCPU())
	var ready, done sync.WaitGroup
	ready.Add(n)
	for range n {
		done.Go(func() {
			err := d.Read(ctx, func(ctx context.Context, tx *Tx) error {
				ready.Done()
				ready.Wait()
				for _, q := range []string{"SELECT 1", "SELECT 2", "SELECT 1"} {
					if _, err := One[int64](ctx, tx, q); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
}
