package assess

import "sync"

// memo keeps what was computed for one state of the ledger: while nothing is posted, the same question has the same
// answer, and of many who ask at the same time one computes it.
type memo struct {
	lock  sync.Mutex
	state string
	kept  map[string]*kept
}

type kept struct {
	lock sync.Mutex
	done bool
	of   Board
}

// memoSize is how many answers are kept; a larger number of questions starts over.
const memoSize = 200

// get gives what was kept under key for the state, or computes it.
func (m *memo) get(state, key string, compute func() (Board, error)) (Board, error) {
	k := m.place(state, key)
	k.lock.Lock()
	defer k.lock.Unlock()
	if k.done {
		return k.of, nil
	}
	var err error
	k.of, err = compute()
	k.done = err == nil
	return k.of, err
}

func (m *memo) place(state, key string) *kept {
	m.lock.Lock()
	defer m.lock.Unlock()
	if m.state != state || len(m.kept) >= memoSize {
		m.state, m.kept = state, map[string]*kept{}
	}
	k := m.kept[key]
	if k == nil {
		k = &kept{}
		m.kept[key] = k
	}
	return k
}
