package auth

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

// A phone that works without a network sends in its owner's name with a secret of its own. The lease runs from each
// time the server hears of it; after deviceSignIn its owner must sign in on it again.
const (
	Lease        = 72 * time.Hour
	deviceSignIn = 14 * 24 * time.Hour
	deviceTouch  = 10 * time.Minute
	devicesMax   = 5
	devicePrefix = "zdf_"
)

// deviceMay is all that a phone may do in its owner's name, as far as the owner may.
var deviceMay = []string{
	"field.sync", "visit.read", "visit.create", "visit.edit", "company.read", "company.create", "contact.read", "contact.create",
	"evidence.add", "sweep.read", "sweep.work", "plan.read", "station.read", "org.read",
}

// Device is a phone that carries records of its owner.
type Device struct {
	ID         string `json:"id"`
	Agent      string `json:"agent" doc:"Browser, as it calls itself"`
	CreatedAt  int64  `json:"created_at"`
	SeenAt     int64  `json:"seen_at"`
	LeaseUntil int64  `json:"lease_until" doc:"Until when it opens and sends without being heard of"`
}

// Devices of the acting person.
type Devices struct {
	Devices []Device `json:"devices"`
}

// Enrolled is a phone with the secret it sends with, which is shown this once.
type Enrolled struct {
	Device Device `json:"device"`
	Secret string `json:"secret"`
	Person string `json:"person"`
	Name   string `json:"name"`
	Lang   string `json:"lang"`
}

type deviceRow struct {
	ID        string `db:"id"`
	Account   string `db:"account_id"`
	Hash      string `db:"hash"`
	Agent     string `db:"agent"`
	CreatedAt int64  `db:"created_at"`
	SignedAt  int64  `db:"signed_at"`
	SeenAt    int64  `db:"seen_at"`
	Until     int64  `db:"lease_until"`
	RevokedAt int64  `db:"revoked_at"`
}

func (d deviceRow) device() Device { return Device{d.ID, d.Agent, d.CreatedAt, d.SeenAt, d.Until} }

const deviceColumns = `d.id, d.account_id, d.hash, d.agent, d.created_at, d.signed_at, d.seen_at, d.lease_until, d.revoked_at`

// EnrolDevice admits the browser that asks as a phone of the acting person; with the id of one of theirs it is that phone
// again, with a new secret. Only who has just signed in with a password may. Faults: by_token, device_revoked, too_many.
func (s *Service) EnrolDevice(ctx context.Context, in ID) (out Enrolled, err error) {
	who, err := audit.Require(ctx, "field.sync")
	if err != nil {
		return out, err
	}
	if who.Source != "web" {
		return out, fault.New(fault.Forbidden, "by_token", "请在手机上登录后再登记这部手机。", "Sign in on the phone to enrol it.")
	}
	secret, now := devicePrefix+newSecret(), s.now()
	out.Secret, out.Person, out.Name, out.Lang = secret, who.Person, who.Name, who.Lang
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		d := deviceRow{
			ID: in.ID, Account: who.Account, Hash: digest(secret), Agent: agentOf(ctx), CreatedAt: db.Micros(now),
			SignedAt: db.Micros(now), SeenAt: db.Micros(now), Until: db.Micros(now.Add(Lease)),
		}
		out.Device = d.device()
		if d.ID != "" {
			return renewDevice(ctx, tx, d)
		}
		have, err := devicesOf(ctx, tx, who.Account)
		if err != nil {
			return err
		}
		if len(have) >= devicesMax {
			return fault.BadField("id", "too_many", "最多登记 5 部手机，请先在“我的账号”中停用不用的。", "At most 5 phones; end those not in use under “My account” first.")
		}
		d.ID = tx.ID()
		out.Device = d.device()
		if err := db.Insert(ctx, tx, "auth_device", d); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "account.device", "account/"+who.Account, nil, map[string]any{"device": d.ID})
	})
	return out, err
}

func renewDevice(ctx context.Context, tx *db.Tx, d deviceRow) error {
	n, err := db.Exec(ctx, tx, `UPDATE auth_device SET hash = ?, agent = ?, signed_at = ?, seen_at = ?, lease_until = ? WHERE id = ? AND account_id = ? AND revoked_at = 0`,
		d.Hash, d.Agent, d.SignedAt, d.SeenAt, d.Until, d.ID, d.Account)
	if err != nil || n > 0 {
		return err
	}
	if _, own, err := db.Maybe[string](ctx, tx, `SELECT id FROM auth_device WHERE id = ? AND account_id = ?`, d.ID, d.Account); err != nil || own {
		return or(err, revokedDevice())
	}
	return fault.New(fault.NotFound, "not_found", "没有这部手机，或它是别人的。", "There is no such phone, or it is somebody else's.")
}

func or(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

func revokedDevice() error {
	return fault.New(fault.Unauthenticated, "device_revoked", "这部手机已停用，存在上面的资料须清除。", "This phone was revoked; what it holds is to be erased.")
}

// Devices lists the acting person's phones.
func (s *Service) Devices(ctx context.Context, _ struct{}) (out Devices, err error) {
	out.Devices = []Device{}
	who, err := audit.Require(ctx, Self)
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		rows, err := devicesOf(ctx, tx, who.Account)
		for _, d := range rows {
			out.Devices = append(out.Devices, d.device())
		}
		return err
	})
	return out, err
}

// RevokeDevice ends one of the acting person's phones: it is refused from the next request on, and erases what it holds
// when it hears of that. Fault: not_found.
func (s *Service) RevokeDevice(ctx context.Context, in ID) (struct{}, error) {
	who, err := audit.Require(ctx, Self)
	if err != nil {
		return struct{}{}, err
	}
	return struct{}{}, s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.Exec(ctx, tx, `UPDATE auth_device SET revoked_at = ? WHERE id = ? AND account_id = ? AND revoked_at = 0`, db.Micros(s.now()), in.ID, who.Account)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "not_found", "没有这部手机，可能已经停用。", "There is no such phone; it may have been revoked already.")
		}
		return audit.Note(ctx, tx, "account.device_end", "account/"+who.Account, nil, map[string]any{"device": in.ID})
	})
}

func devicesOf(ctx context.Context, tx *db.Tx, account string) ([]deviceRow, error) {
	return db.All[deviceRow](ctx, tx, `SELECT `+deviceColumns+` FROM auth_device d WHERE d.account_id = ? AND d.revoked_at = 0 ORDER BY d.created_at, d.id`, account)
}

// DeviceState says of a phone whether it was revoked, to whoever knows its id: a phone asks before it is opened.
type DeviceState struct {
	ID    string `json:"id"`
	State string `json:"state" enum:"open,revoked"`
}

// DeviceState tells a phone whether it is to erase what it holds. Fault: not_found.
func (s *Service) DeviceState(ctx context.Context, in ID) (DeviceState, error) {
	out := DeviceState{ID: in.ID, State: "open"}
	return out, s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		gone, err := db.One[bool](ctx, tx, `SELECT d.revoked_at <> 0 OR a.disabled FROM auth_device d JOIN auth_account a ON a.id = d.account_id WHERE d.id = ?`, in.ID)
		if gone {
			out.State = "revoked"
		}
		return err
	})
}

// openDevice is a phone with its account.
type openDevice struct {
	row
	Device  string `db:"device_id"`
	Signed  int64  `db:"device_signed_at"`
	Seen    int64  `db:"device_seen_at"`
	Until   int64  `db:"device_until"`
	Revoked int64  `db:"device_revoked_at"`
}

// byDevice recognises a phone by its secret. Faults: bad_token, device_revoked, device_lease.
func (s *Service) byDevice(ctx context.Context, v *visit, secret string) (id string, err error) {
	var d openDevice
	var ok bool
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		d, ok, err = db.Maybe[openDevice](ctx, tx, `SELECT `+accountColumns+`, d.id AS device_id, d.signed_at AS device_signed_at, d.seen_at AS device_seen_at,
			d.lease_until AS device_until, d.revoked_at AS device_revoked_at`+accountFrom+` JOIN auth_device d ON d.account_id = a.id WHERE d.hash = ?`, digest(secret))
		return err
	})
	now := s.now()
	switch {
	case err != nil:
		return "", err
	case !ok:
		return "", fault.New(fault.Unauthenticated, "bad_token", "这部手机没有登记，请重新登录。", "This phone is not enrolled; sign in again.")
	case d.Revoked != 0 || d.Disabled:
		return "", revokedDevice()
	case !now.Before(db.FromMicros(d.Until)):
		return "", fault.New(fault.Unauthenticated, "device_lease", "这部手机太久没有联网或登录，请登录一次；没发送的记录都在。", "This phone was away for too long; sign in once. What it has not sent is still there.")
	}
	until := now.Add(Lease)
	if last := db.FromMicros(d.Signed).Add(deviceSignIn); last.Before(until) {
		until = last
	}
	v.row, v.until = d.row, until
	if now.Sub(db.FromMicros(d.Seen)) > deviceTouch {
		err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := db.Exec(ctx, tx, `UPDATE auth_device SET seen_at = ?, lease_until = ? WHERE id = ? AND revoked_at = 0`, db.Micros(now), db.Micros(until), d.Device)
			return err
		})
		if err != nil {
			s.opt.Logger.WarnContext(ctx, "device not touched", "cause", err.Error())
		}
	}
	return d.Device, nil
}

// onPhone narrows what somebody may do to what a phone may do for them.
func onPhone(a audit.Actor, device string) audit.Actor {
	can := a.Can
	a.Source, a.Session = "phone", device
	a.Can = func(p string) bool { return slices.Contains(deviceMay, p) && can(p) }
	return a
}

// PhoneOf acts for an account as its phone would: for what the phone had left behind. Faults: not_found, disabled.
func (s *Service) PhoneOf(ctx context.Context, account string) (audit.Actor, error) {
	a, err := s.ActorFor(ctx, account, "phone")
	if err != nil {
		return a, err
	}
	return onPhone(a, ""), nil
}

// deviceSecret finds a phone's secret in an Authorization header.
func deviceSecret(header string) (string, bool) {
	scheme, secret, _ := strings.Cut(header, " ")
	secret = strings.TrimSpace(secret)
	return secret, strings.EqualFold(scheme, "Bearer") && strings.HasPrefix(secret, devicePrefix)
}

func (s *Service) mountDevices(m *web.Mux) {
	web.Get(m, "/api/v1/account/devices", Self, s.Devices, web.Doc("One's phones that work without a network"))
	web.Post(m, "/api/v1/account/devices", "field.sync", s.EnrolDevice, web.Status(http.StatusCreated), web.Doc("Enrol this browser as a phone; its secret is shown this once"))
	web.Get(m, "/api/v1/devices/{id}", "", s.DeviceState, web.Public, web.Doc("Whether a phone was revoked; it asks before it is opened"))
	web.Delete(m, "/api/v1/account/devices/{id}", Self, s.RevokeDevice, web.Doc("Revoke a phone: it erases what it holds"))
}
