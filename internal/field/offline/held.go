package offline

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// patience is how long a record waits for what it builds on before it is tried without, in microseconds.
const patience = 72 * 3600 * 1_000_000

// free takes in what was held for something that is here now, as long as that frees more.
func (t *taker) free(ctx context.Context) error {
	for {
		var rows []inboxRow
		var waits map[string]inboxRow
		err := t.s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			if rows, err = heldBy(ctx, tx, t.who.Person); err != nil || len(rows) == 0 {
				return err
			}
			waits, err = inboxByID(ctx, tx, waitsOf(rows))
			return err
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		before := t.stored
		if err := t.freeAll(ctx, rows, waits); err != nil || t.stored == before {
			return err
		}
	}
}

func waitsOf(rows []inboxRow) []string {
	var ids []string
	for _, r := range rows {
		ids = append(ids, strings.Fields(r.Waits)...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// freeAll tries the held records whose chain is whole, or that waited long enough.
func (t *taker) freeAll(ctx context.Context, rows []inboxRow, waits map[string]inboxRow) error {
	for _, row := range rows {
		whole := t.now-row.ReceivedAt > patience
		if !whole {
			whole = !slices.ContainsFunc(strings.Fields(row.Waits), func(id string) bool { return waits[id].State != string(Stored) })
		}
		if !whole {
			continue
		}
		e, err := t.opened(ctx, row)
		if err != nil {
			return err
		}
		if t.waits(entry{Record: Record{Body: e.Body}}) != "" {
			continue
		}
		r := t.apply(ctx, e, &Receipt{ID: e.ID, Hash: e.Hash, Skewed: e.skew != 0})
		if _, asked := t.receipts[row.ID+" "+row.Hash]; asked || r != nil && (r.State == Stored || r.State == Same) {
			t.keep(e, r)
		}
	}
	return nil
}

// opened is a held record as it came.
func (t *taker) opened(ctx context.Context, row inboxRow) (e entry, err error) {
	e.skew = row.Skew
	if err := t.s.unlock(row.ID, row.Body, &e.Record); err != nil {
		return e, err
	}
	e.Hash = row.Hash
	e.sent = row.Hash
	return e, t.learnFiles(ctx, digestsOf(e.Body))
}

func (t *taker) learnFiles(ctx context.Context, digests []string) error {
	if len(digests) == 0 {
		return nil
	}
	return t.s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		found, err := filesOf(ctx, tx, t.who.Person, digests)
		t.mu.Lock()
		defer t.mu.Unlock()
		for d, f := range found {
			t.files[d] = f
		}
		return err
	})
}

// HeldRecord is a record that waits for what it builds on.
type HeldRecord struct {
	ID         string `json:"id"`
	Kind       string `json:"kind"`
	Person     string `json:"person"`
	Node       string `json:"node"`
	Code       string `json:"code" enum:"chain,files" doc:"chain: records that did not come; files: its files"`
	Missing    int    `json:"missing" doc:"how many records it waits for"`
	DeviceAt   int64  `json:"device_at"`
	ReceivedAt int64  `json:"received_at"`
	Overdue    bool   `json:"overdue" doc:"it waited more than 72 hours"`
}

// HeldRecords are what is held in one's scope, the oldest first.
type HeldRecords struct {
	Items []HeldRecord `json:"items"`
}

const maxHeld = 200

// HeldList shows the station lead what the phones of their people left unfinished. What a record says is not shown.
func (s *Service) HeldList(ctx context.Context, _ struct{}) (out HeldRecords, err error) {
	out.Items = []HeldRecord{}
	who, err := audit.Require(ctx, "field.held")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		rows, err := heldUnder(ctx, tx, who.Node, maxHeld)
		if err != nil {
			return err
		}
		waits, err := inboxByID(ctx, tx, waitsOf(rows))
		for _, r := range rows {
			h := HeldRecord{ID: r.ID, Kind: r.Kind, Person: r.Person, Node: r.Node, Code: r.Code, DeviceAt: r.DeviceAt, ReceivedAt: r.ReceivedAt}
			h.Overdue = db.Micros(tx.Now())-r.ReceivedAt > patience
			for _, id := range strings.Fields(r.Waits) {
				if waits[id].State != string(Stored) {
					h.Missing++
				}
			}
			out.Items = append(out.Items, h)
		}
		return err
	})
	return out, err
}

// ByID names a held record.
type ByID struct {
	ID string `json:"id"`
}

// ApplyHeld takes a held record in as it is, in the name of who recorded it, without waiting for more.
// Faults: not_found; held_refused with the reason of the use case, and then it stays held.
func (s *Service) ApplyHeld(ctx context.Context, in ByID) (out Receipt, err error) {
	who, err := audit.Require(ctx, "field.held")
	if err != nil {
		return out, err
	}
	row, err := s.heldRow(ctx, who, in.ID)
	if err != nil {
		return out, err
	}
	r, err := s.applyRow(ctx, row, who.Lang)
	if err != nil {
		return out, err
	}
	if r.State == Stored || r.State == Same {
		return *r, s.noteHeld(ctx, "held.apply", in.ID, "")
	}
	return out, fault.New(fault.Conflict, "held_refused", "现在还不能写入："+wordsOf(r), "It cannot be stored yet: "+wordsOf(r))
}

// applyRow takes a held record in as it is, in the name of who recorded it. Fault: held_refused when its files are missing.
func (s *Service) applyRow(ctx context.Context, row inboxRow, lang string) (*Receipt, error) {
	owner, err := s.As(ctx, row.Account)
	if err != nil {
		return nil, err
	}
	owner.Lang = lang
	t := &taker{s: s, who: owner, now: row.ReceivedAt, shift: db.Micros(s.Clock()) - db.Micros(s.DB.Now()), receipts: map[string]Receipt{}, rows: map[string]inboxRow{}, files: map[string]fileRow{}}
	e, err := t.opened(ctx, row)
	if err != nil {
		return nil, err
	}
	if t.waits(entry{Record: Record{Body: e.Body}}) != "" {
		return nil, fault.New(fault.Conflict, "held_refused", "它的照片或录音还没有到，不能补录。", "Its photos or recordings have not arrived; it cannot be applied.")
	}
	r := t.apply(audit.With(ctx, owner), e, &Receipt{ID: e.ID, Hash: e.Hash, Skewed: e.skew != 0})
	if r == nil {
		return nil, t.err
	}
	return r, nil
}

// wordsOf is why a record was not stored.
func wordsOf(r *Receipt) string {
	words := r.Detail
	for _, f := range r.Errors {
		words += " " + f.Detail
	}
	return words
}

// DropHeld is the input of the use case of that name.
type DropHeld struct {
	ID     string `json:"id"`
	Reason string `json:"reason" maxLength:"200"`
}

// DropHeld lets a held record go; its phone is told so. Faults: not_found, Invalid reason.
func (s *Service) DropHeld(ctx context.Context, in DropHeld) (out Receipt, err error) {
	who, err := audit.Require(ctx, "field.held")
	if err != nil {
		return out, err
	}
	var c fault.Checks
	if err := c.Require("reason", in.Reason, "放弃的原因", "A reason").AtMost("reason", in.Reason, 200).Err(); err != nil {
		return out, err
	}
	row, err := s.heldRow(ctx, who, in.ID)
	if err != nil {
		return out, err
	}
	out = Receipt{ID: row.ID, State: Dropped, Hash: row.Hash, Code: "dropped", Detail: in.Reason}
	row.Receipt = receiptText(out)
	return out, s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := drop(ctx, tx, row); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "held.drop", "held/"+row.ID, nil, map[string]any{"person": row.Person, "kind": row.Kind, "reason": in.Reason})
	})
}

func (s *Service) heldRow(ctx context.Context, who audit.Actor, id string) (row inboxRow, err error) {
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		row, err = heldOne(ctx, tx, who.Node, id)
		return err
	})
	return row, err
}

func (s *Service) noteHeld(ctx context.Context, action, id, reason string) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return audit.Note(ctx, tx, action, "held/"+id, nil, map[string]any{"reason": reason})
	})
}

// lock seals what a held record says: it may name people.
func (s *Service) lock(id string, v any) (string, error) {
	box, err := s.box()
	if err != nil {
		return "", err
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return "", fault.Wrap(err, "seal a held record")
	}
	nonce := make([]byte, box.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	return base64.RawStdEncoding.EncodeToString(box.Seal(nonce, nonce, raw, []byte(id))), nil
}

var errSealed = errors.New("not a sealed record")

func (s *Service) unlock(id, sealed string, v any) error {
	box, err := s.box()
	if err != nil {
		return err
	}
	raw, err := base64.RawStdEncoding.DecodeString(sealed)
	if err == nil && len(raw) < box.NonceSize() {
		err = errSealed
	}
	if err == nil {
		raw, err = box.Open(nil, raw[:box.NonceSize()], raw[box.NonceSize():], []byte(id))
	}
	if err == nil {
		err = json.Unmarshal(raw, v)
	}
	return fault.Wrap(err, "open a held record")
}

func (s *Service) box() (cipher.AEAD, error) {
	block, err := aes.NewCipher(s.Key)
	if err != nil {
		return nil, fault.Wrap(err, "seal a held record")
	}
	box, err := cipher.NewGCM(block)
	return box, fault.Wrap(err, "seal a held record")
}
