package company

import (
	"context"
	"strconv"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
	"zhudian/internal/sheet"
)

// RevealLimit is how many contacts one person may see in full in a day.
const RevealLimit = 30

// Bases are the grounds on which a person's data may be kept.
var Bases = []string{"consent", "card", "public", "referred"}

// Person is what is known of somebody; it is stored sealed.
type Person struct {
	Name   string `json:"name" maxLength:"60"`
	Post   string `json:"post,omitempty" maxLength:"60"`
	Phone  string `json:"phone,omitempty" maxLength:"30"`
	WeChat string `json:"wechat,omitempty" maxLength:"60"`
	Email  string `json:"email,omitempty" maxLength:"120"`
	Native string `json:"native,omitempty" maxLength:"60"` // where they come from: fellow countrymen open doors
	Note   string `json:"note,omitempty" maxLength:"500"`
}

// Contact is a person at a company. Outside Reveal, Phone, WeChat and Email are masked and Note is left out.
type Contact struct {
	ID          string `json:"id"`
	Company     string `json:"company"`
	CompanyName string `json:"company_name,omitempty"`
	Person
	Node      string `json:"node"` // whose contact it is: a unit or a team
	Basis     string `json:"basis"`
	Source    string `json:"source,omitempty"`
	Version   int64  `json:"version"`
	CreatedAt int64  `json:"created_at"`
	CreatedBy string `json:"created_by"`
	Erased    bool   `json:"erased,omitempty"`
}

// contactRow is a contact as stored.
type contactRow struct {
	ID          string `db:"id"`
	Company     string `db:"company_id"`
	Node        string `db:"node_id"`
	Sealed      string `db:"sealed"`
	PhoneTail   string `db:"phone_tail"`
	PhoneDigest string `db:"phone_digest"`
	NameDigest  string `db:"name_digest"`
	Basis       string `db:"basis"`
	Source      string `db:"source"`
	Version     int64  `db:"version"`
	CreatedAt   int64  `db:"created_at"`
	CreatedBy   string `db:"created_by"`
	ErasedAt    int64  `db:"erased_at"`
}

// contactLine is a contact as read: with its company's name and, unless erased, its key.
type contactLine struct {
	contactRow
	CompanyName string `db:"company_name"`
	Secret      string `db:"secret"`
}

func (l contactLine) contact(full bool) (Contact, error) {
	c := Contact{
		ID: l.ID, Company: l.Company, CompanyName: l.CompanyName, Node: l.Node, Basis: l.Basis, Source: l.Source,
		Version: l.Version, CreatedAt: l.CreatedAt, CreatedBy: l.CreatedBy,
	}
	if l.Secret == "" {
		c.Erased = true
		return c, nil
	}
	p, err := unseal(l.Secret, l.ID, l.Sealed)
	if err != nil {
		return c, err
	}
	if !full {
		p = p.Masked()
	}
	c.Person = p
	return c, nil
}

func maskMail(s string) string {
	name, host, ok := strings.Cut(s, "@")
	if !ok {
		return ""
	}
	return name[:min(1, len(name))] + "***@" + host
}

// AddContact is the input of the use case of that name. Node is whose contact it is, by default the person's own
// place. ID may be made by the caller.
type AddContact struct {
	ID      string `json:"id,omitempty" maxLength:"36"`
	Company string `json:"company" maxLength:"36"`
	Node    string `json:"node,omitempty" maxLength:"36"`
	Person
	Basis  string `json:"basis" enum:"consent,card,public,referred"`
	Source string `json:"source,omitempty" maxLength:"200"`
}

// AddContact stores a person. Faults: NotFound, Invalid per field, Conflict "contact_exists" for the same phone
// at the same company within one's scope.
func (s *Service) AddContact(ctx context.Context, in AddContact) (out Contact, err error) {
	list, err := s.AddContacts(ctx, []AddContact{in})
	if err != nil {
		return out, err
	}
	return list[0], nil
}

// AddContacts stores several people in one transaction.
func (s *Service) AddContacts(ctx context.Context, in []AddContact) (out []Contact, err error) {
	who, err := audit.Require(ctx, "contact.create")
	if err != nil {
		return nil, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out = out[:0]
		for _, c := range in {
			one, err := addContact(ctx, tx, who, c)
			if err != nil {
				return err
			}
			out = append(out, one)
		}
		return nil
	})
	return out, err
}

// AddContactIn is AddContact inside the caller's transaction.
func AddContactIn(ctx context.Context, tx *db.Tx, in AddContact) (Contact, error) {
	who, err := audit.Require(ctx, "contact.create")
	if err != nil {
		return Contact{}, err
	}
	return addContact(ctx, tx, who, in)
}

func addContact(ctx context.Context, tx *db.Tx, who audit.Actor, in AddContact) (Contact, error) {
	rec, err := get(ctx, tx, in.Company)
	if err != nil {
		return Contact{}, err
	}
	if in.Node == "" {
		in.Node = who.Node
	}
	if err := org.Require(ctx, tx, who.Node, in.Node); err != nil {
		return Contact{}, err
	}
	p, err := in.check(in.Basis)
	if err != nil {
		return Contact{}, err
	}
	key, err := digestKey(ctx, tx, true)
	if err != nil {
		return Contact{}, err
	}
	r := contactRow{
		ID: in.ID, Company: rec.ID, Node: in.Node, Basis: in.Basis, Source: in.Source, Version: 1,
		CreatedAt: db.Micros(tx.Now()), CreatedBy: who.Person,
	}
	if r.ID == "" {
		r.ID = tx.ID()
	}
	r.digests(key, p)
	if same, err := samePhone(ctx, tx, who.Node, r); err != nil {
		return Contact{}, err
	} else if same != "" {
		return Contact{}, fault.New(fault.Conflict, "contact_exists", "这家单位已有同一电话的联系人。", "This organisation already has a contact with that number.")
	}
	secret := newSecret()
	if r.Sealed, err = seal(secret, r.ID, p); err != nil {
		return Contact{}, err
	}
	if err := insertContact(ctx, tx, r, secret); err != nil {
		return Contact{}, err
	}
	if err := audit.Note(ctx, tx, "contact.create", "contact/"+r.ID, nil, r.forAudit()); err != nil {
		return Contact{}, err
	}
	return contactLine{contactRow: r, CompanyName: rec.Name, Secret: secret}.contact(false)
}

func (r *contactRow) digests(key string, p Person) {
	r.NameDigest = digest(key, "name", fullKey(p.Name))
	r.PhoneDigest, r.PhoneTail = digest(key, "phone", p.Phone), ""
	if p.Phone != "" {
		r.PhoneTail = digest(key, "tail", tail(p.Phone))
	}
}

// forAudit is what the trail keeps: whose and where, and digests, never the person.
func (r contactRow) forAudit() any {
	return map[string]string{"company": r.Company, "node": r.Node, "basis": r.Basis, "name": r.NameDigest, "phone": r.PhoneDigest}
}

func (p Person) check(basis string) (Person, error) {
	var c fault.Checks
	p.Name = strings.TrimSpace(p.Name)
	c.Require("name", p.Name, "姓名", "The name")
	oneOf(&c, "basis", basis, Bases)
	if p.Phone != "" {
		phone, bad := Phone(p.Phone)
		if bad != nil {
			c.AddField(*bad)
		}
		p.Phone = phone
	}
	p.Email = sheet.Fold(p.Email)
	if p.Email != "" && (strings.Count(p.Email, "@") != 1 || strings.ContainsAny(p.Email, " ,;<>") || p.Email[0] == '@' || strings.HasSuffix(p.Email, "@")) {
		c.Add("email", "email", "电子邮箱的样子应为 name@example.com。", "An e-mail address looks like name@example.com.")
	}
	return p, c.Err()
}

// EditContact is the input of the use case of that name. A masked value that comes back unchanged means
// "leave as it is".
type EditContact struct {
	ID      string `path:"id" json:"id" maxLength:"36"`
	Version int64  `json:"version"`
	Person
	Basis string `json:"basis" enum:"consent,card,public,referred"`
}

// EditContact changes a person's data. Faults: NotFound, Invalid per field, Conflict "stale", Closed "erased".
func (s *Service) EditContact(ctx context.Context, in EditContact) (out Contact, err error) {
	who, err := audit.Require(ctx, "contact.edit")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		l, err := contactByID(ctx, tx, who.Node, in.ID)
		if err != nil {
			return err
		}
		if l.Secret == "" {
			return erased()
		}
		if l.Version != in.Version {
			return stale(Facts{}, Facts{})
		}
		old, err := unseal(l.Secret, l.ID, l.Sealed)
		if err != nil {
			return err
		}
		for _, f := range []struct {
			mine *string
			old  string
			mask string
		}{{&in.Phone, old.Phone, mask(old.Phone)}, {&in.WeChat, old.WeChat, mask(old.WeChat)}, {&in.Email, old.Email, maskMail(old.Email)}} {
			if f.old != "" && *f.mine == f.mask {
				*f.mine = f.old
			}
		}
		p, err := in.check(in.Basis)
		if err != nil {
			return err
		}
		key, err := digestKey(ctx, tx, true)
		if err != nil {
			return err
		}
		before := l.forAudit()
		l.Basis = in.Basis
		l.digests(key, p)
		if l.Sealed, err = seal(l.Secret, l.ID, p); err != nil {
			return err
		}
		if ok, err := saveContact(ctx, tx, l.contactRow, in.Version); err != nil || !ok {
			return orStale(err, Facts{}, Facts{})
		}
		l.Version++
		if err := audit.Note(ctx, tx, "contact.edit", "contact/"+l.ID, before, l.forAudit()); err != nil {
			return err
		}
		out, err = l.contact(false)
		return err
	})
	return out, err
}

func erased() error {
	return fault.New(fault.Closed, "erased", "这位联系人的资料已应要求销毁，无法恢复。", "This person's data was erased on request and cannot be restored.")
}

// Reveal gives one person's data in full and records that. Faults: NotFound, Closed "erased", TooMany "reveal_limit".
func (s *Service) Reveal(ctx context.Context, in ByID) (out Contact, err error) {
	who, err := audit.Require(ctx, "contact.reveal")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		l, err := contactByID(ctx, tx, who.Node, in.ID)
		if err != nil {
			return err
		}
		if l.Secret == "" {
			return erased()
		}
		n, err := CountReveal(ctx, tx, who.Person)
		if err != nil {
			return err
		}
		if out, err = l.contact(true); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "contact.reveal", "contact/"+l.ID, nil, map[string]int64{"today": n})
	})
	return out, err
}

// CountReveal counts one more person whose data the actor sees in full today. Fault: TooMany "reveal_limit".
func CountReveal(ctx context.Context, tx *db.Tx, person string) (int64, error) {
	n, err := countReveal(ctx, tx, person)
	if err == nil && n > RevealLimit {
		err = fault.New(fault.TooMany, "reveal_limit",
			"今天已查看 "+strconv.Itoa(RevealLimit)+" 位联系人的完整资料，明天再看。确有需要请找本单位安全管理员。",
			"You have seen "+strconv.Itoa(RevealLimit)+" contacts in full today. Try tomorrow, or ask your unit's security administrator.")
	}
	return n, err
}

// Masked is a person as lists show them: enough to tell people apart, not enough to ring them up.
func (p Person) Masked() Person {
	p.Phone, p.WeChat, p.Email, p.Note = mask(p.Phone), mask(p.WeChat), maskMail(p.Email), ""
	return p
}

// Erase is the input of the use case of that name.
type Erase struct {
	ID     string `path:"id" json:"id" maxLength:"36"`
	Reason string `json:"reason" maxLength:"200"`
}

// Erase destroys the key of a person's data for good. The contact stays as an empty place, so that everything
// that refers to it holds. Faults: NotFound, Invalid "reason".
func (s *Service) Erase(ctx context.Context, in Erase) (out Contact, err error) {
	who, err := audit.Require(ctx, "contact.erase")
	if err != nil {
		return out, err
	}
	if strings.TrimSpace(in.Reason) == "" {
		return out, fault.BadField("reason", "required", "请写明销毁的缘由，如“本人要求”。", "Give the reason, e.g. “at their request”.")
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		l, err := contactByID(ctx, tx, who.Node, in.ID)
		if err != nil {
			return err
		}
		if l.Secret != "" {
			if err := eraseContact(ctx, tx, l.ID); err != nil {
				return err
			}
			if err := audit.Note(ctx, tx, "contact.erase", "contact/"+l.ID, nil, map[string]string{"reason": in.Reason}); err != nil {
				return err
			}
		}
		l.Secret = ""
		out, err = l.contact(false)
		return err
	})
	return out, err
}

// Contacts asks for people in one's scope: of a company, or found by whole name, phone or its last four digits.
type Contacts struct {
	Company string `query:"company" json:"company,omitempty" maxLength:"36"`
	Q       string `query:"q" json:"q,omitempty" maxLength:"60"`
	db.Page
}

// ContactList is a part of the people in one's scope.
type ContactList struct {
	Items []Contact `json:"items"`
	Next  string    `json:"next,omitempty"`
}

// Contacts lists people, newest first, phones masked.
func (s *Service) Contacts(ctx context.Context, in Contacts) (out ContactList, err error) {
	who, err := audit.Require(ctx, "contact.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = contacts(ctx, tx, who, in)
		return err
	})
	return out, err
}
