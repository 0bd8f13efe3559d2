package offline

import (
	"context"
	"encoding/json"

	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/field"
	"zhudian/internal/verify"
	"zhudian/internal/web"
)

// kinds are what a phone records: each calls the use case that the web calls, and says in the receipt what became of it.
var kinds map[string]func(*taker, context.Context, entry, *Receipt) error

func init() { //nolint:gochecknoinits // the table and its functions name each other
	kinds = map[string]func(*taker, context.Context, entry, *Receipt) error{
		"visit": (*taker).visit, "company": (*taker).company, "contact": (*taker).contact, "door": (*taker).door,
	}
}

// tries is how often a record that was changed meanwhile is laid over what is there.
const tries = 3

// apply carries a record out; nil when the machinery failed.
func (t *taker) apply(ctx context.Context, e entry, r *Receipt) *Receipt {
	var err error
	for range tries {
		if err = kinds[e.Kind](t, ctx, e, r); !fault.Has(err, "stale") {
			break
		}
	}
	switch {
	case err == nil && r.State != "": // a conflict: nothing was stored
		return r
	case err == nil:
		r.State = Stored
		row := t.rowOf(e)
		row.State, row.Receipt = string(Stored), receiptText(*r)
		t.note(row)
		return r
	case fault.Has(err, "inbox_taken"):
		return t.twin(ctx, e)
	}
	if k := fault.Of(err).Kind; k == fault.Internal || k == fault.Unavailable || k == fault.TooMany || ctx.Err() != nil {
		t.fail(err)
		return nil
	}
	return r.refuse(err, t.who.Lang)
}

// twin answers a record that came twice at the same time by what the first became.
func (t *taker) twin(ctx context.Context, e entry) *Receipt {
	var row inboxRow
	err := t.s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		found, err := inboxByID(ctx, tx, []string{e.ID})
		row = found[e.ID]
		return err
	})
	if err != nil || row.ID == "" {
		t.fail(err)
		return nil
	}
	t.note(row)
	if row.Person != t.who.Person || row.Hash != e.Hash {
		return (&Receipt{ID: e.ID, Hash: e.Hash}).conflict()
	}
	return t.earlier(row)
}

// booked makes the use case's own transaction settle the record first: both happen, or neither.
func (t *taker) booked(ctx context.Context, e entry, r Receipt) context.Context {
	r.State = Stored
	row := t.rowOf(e)
	row.Receipt = receiptText(r)
	inner, _ := db.Before(ctx, func(ctx context.Context, tx *db.Tx) error { return settle(ctx, tx, row) })
	return inner
}

func receiptText(r Receipt) string {
	raw, _ := json.Marshal(r) // plain fields always marshal
	return string(raw)
}

var (
	readVisit   = web.Decoder[field.Record]()
	readCompany = web.Decoder[company.Create]()
	readContact = web.Decoder[company.AddContact]()
	readDoor    = web.Decoder[field.NewKnock]()
)

// bodyOf reads the input of a use case from a record.
func bodyOf[In any](read func([]byte) (In, error), body map[string]any) (In, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		var none In
		return none, fault.Wrap(err, "read a record")
	}
	return read(raw)
}

func (t *taker) visit(ctx context.Context, e entry, r *Receipt) error {
	if e.Base > 0 {
		return t.change(ctx, e, r)
	}
	in, err := bodyOf(readVisit, e.Body)
	if err != nil {
		return err
	}
	in.ID, in.DeviceAt, in.Skew = e.ID, e.At-t.shift, e.skew
	in.Evidence = t.evidence(in.Evidence)
	r.Object, r.Version = e.ID, 1
	_, err = t.s.Field.RecordVisit(t.booked(ctx, e, *r), in)
	return err
}

func (t *taker) company(ctx context.Context, e entry, r *Receipt) error {
	in, err := bodyOf(readCompany, e.Body)
	if err != nil {
		return err
	}
	in.ID = e.ID
	r.Object, r.Version = e.ID, 1
	_, err = t.s.Company.Create(t.booked(ctx, e, *r), in)
	return err
}

func (t *taker) contact(ctx context.Context, e entry, r *Receipt) error {
	in, err := bodyOf(readContact, e.Body)
	if err != nil {
		return err
	}
	in.ID = e.ID
	r.Object, r.Version = e.ID, 1
	_, err = t.s.Company.AddContact(t.booked(ctx, e, *r), in)
	return err
}

func (t *taker) door(ctx context.Context, e entry, r *Receipt) error {
	in, err := bodyOf(readDoor, e.Body)
	if err != nil {
		return err
	}
	in.ID, in.DeviceAt = e.ID, e.At-t.shift
	r.Object, r.Version = e.ID, 1
	_, err = t.s.Field.RecordKnock(t.booked(ctx, e, *r), in)
	return err
}

// evidence takes what is known here of the files a record names, whatever the phone says of them.
func (t *taker) evidence(named []verify.Evidence) []verify.Evidence {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]verify.Evidence, 0, len(named))
	for _, e := range named {
		f := t.files[e.Blob]
		out = append(out, verify.Evidence{Blob: f.SHA256, Name: f.Name, Type: f.Type, Size: f.Size})
	}
	return out
}

// digestsOf are the files that a body names.
func digestsOf(body map[string]any) []string {
	list, _ := body["evidence"].([]any)
	var out []string
	for _, x := range list {
		if f, ok := x.(map[string]any); ok {
			d, _ := f["sha256"].(string)
			out = append(out, d)
		}
	}
	return out
}
