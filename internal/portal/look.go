package portal

import (
	"context"
	"strings"
	"time"

	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
	"zhudian/internal/ticket"
)

// lookTime is what every look-up takes, whether there is such a number or not.
const lookTime = 150 * time.Millisecond

// Progress is what the sender of something sees by its receipt number: where it stands, never what was sent.
type Progress struct {
	Receipt    string
	Kind       string // plan, service, complaint; or the kind of a request that staff took in
	ReceivedOn string
	DueOn      string
	State      string // new, accepted, refused
	Reason     string
	Unit       string // name of the unit in charge
	Number     string // of what became of it
	Request    *ticket.Public
}

// Look finds what was sent by its receipt number. A wrong number is answered like any other wrong number, as late as a
// right one, and an address that guesses is let wait for an hour. Faults: no_such_receipt (NotFound), too_many (TooMany).
func (s *Inbox) Look(ctx context.Context, number, address, lang string) (out Progress, err error) {
	now := s.DB.Now()
	if !s.guesses.room(address, now, wrongPerHour) {
		return out, fault.New(fault.TooMany, "too_many", "输错的次数太多，请过一小时再查。", "Too many wrong numbers; please try again in an hour.")
	}
	timer := time.NewTimer(lookTime)
	defer timer.Stop()
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = look(ctx, tx, strings.ToUpper(strings.Join(strings.Fields(number), "")), lang)
		return err
	})
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	if fault.Is(err, fault.NotFound) {
		s.guesses.take(address, now, wrongPerHour)
		return out, fault.New(fault.NotFound, "no_such_receipt", "没有这个回执号，请核对后再查。", "There is no such receipt number; check it and try again.")
	}
	return out, err
}

// look asks both for what the portal took in and for requests that staff took in: the same questions for any number.
func look(ctx context.Context, tx *db.Tx, number, lang string) (out Progress, err error) {
	i, found, err := db.Maybe[Item](ctx, tx, `SELECT `+itemColumns+` FROM portal_inbox i WHERE i.receipt = ?`, number)
	if err != nil {
		return out, err
	}
	asked := number
	if found && strings.HasPrefix(i.Outcome, "ticket/") {
		asked = i.OutcomeNo
	}
	req, err := ticket.ByReceipt(ctx, tx, asked)
	if err != nil && (!found || !fault.Is(err, fault.NotFound)) {
		return out, err
	}
	dir, derr := org.Open(ctx, tx)
	if derr != nil {
		return out, derr
	}
	if !found {
		i = Item{Receipt: req.Receipt, Kind: "service", Unit: req.Unit, State: "accepted", ReceivedOn: req.FiledOn, DueOn: req.DueOn}
	}
	out = Progress{Receipt: i.Receipt, Kind: i.Kind, ReceivedOn: i.ReceivedOn, DueOn: i.DueOn, State: i.State, Reason: i.Reason, Number: i.OutcomeNo}
	if err == nil {
		out.Request, i.Unit, out.DueOn = &req, req.Unit, req.DueOn
	}
	out.Unit = dir.UnitName(i.Unit, lang)
	return out, nil
}
