package field

import (
	"cmp"
	"context"
	"slices"

	"zhudian/internal/audit"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// Door is one unit of a building. Its state is what the last knock found, whoever knocked, so that nobody knocks twice;
// who it was, what was said and the visit are for the scope of the team alone.
type Door struct {
	ID         string `db:"id" json:"id"`
	Building   string `db:"building_id" json:"building"`
	Floor      int64  `db:"floor" json:"floor"`
	Room       string `db:"room" json:"room"`
	Occupant   string `db:"occupant" json:"occupant,omitempty" doc:"the name on the door"`
	Company    string `db:"company_id" json:"company,omitempty" doc:"the same in the library"`
	State      string `db:"state" json:"state,omitempty" enum:"met,nobody,refused,moved,vacant,not_a_target"`
	StateOn    string `db:"state_on" json:"state_on,omitempty"`
	QuietUntil string `db:"quiet_until" json:"quiet_until,omitempty" doc:"last day on which no team knocks, after a refusal"`
	CreatedBy  string `db:"created_by" json:"-"`
	ChangedAt  int64  `db:"changed_at" json:"changed_at"`
	Version    int64  `db:"version" json:"version"`
	Intent     string `db:"-" json:"intent,omitempty" enum:"A,B,C,D" doc:"grade of the last visit in one's scope"`
}

const doorColumns = `d.id, d.building_id, d.floor, d.room, d.occupant, d.company_id, d.state, d.state_on, d.quiet_until, d.created_by, d.changed_at, d.version`

// maxDoors is how many doors a building has at most; a download holds a whole building.
const maxDoors = 3000

// Subject is how the trail names the door.
func (d Door) Subject() string { return "door/" + d.ID }

// Quiet reports whether nobody knocks at the door on a day.
func (d Door) Quiet(day string) bool { return d.QuietUntil != "" && d.QuietUntil >= day }

// NewDoor is what keeping a door needs.
type NewDoor struct {
	ID       string `json:"id,omitempty" maxLength:"40" doc:"of the door to change, or made by the client for a new one"`
	Version  int64  `json:"version,omitempty" doc:"as last seen; 0 for a new door"`
	Building string `json:"building"`
	Floor    int64  `json:"floor" minimum:"-9" maximum:"200"`
	Room     string `json:"room" maxLength:"20"`
	Occupant string `json:"occupant,omitempty" maxLength:"120"`
	Company  string `json:"company,omitempty"`
}

// SaveDoor adds a door to a building, or changes the one of that id and version: its place and who is behind it, which
// are facts of the house. Faults: Invalid, not_found, stale, exists (room on the floor), id_reused.
func (s *Service) SaveDoor(ctx context.Context, in NewDoor) (out Door, err error) {
	who, err := audit.Require(ctx, "sweep.work")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if in.Version == 0 {
			if known, err := posted(ctx, tx, in.ID, bodyHash(in)); err != nil {
				return err
			} else if known {
				out, err = doorByID(ctx, tx, in.ID)
				return err
			}
		}
		if err := in.check(ctx, tx); err != nil {
			return err
		}
		if in.Version > 0 {
			out, err = changeDoor(ctx, tx, in)
			return err
		}
		out, err = addDoor(ctx, tx, who, in)
		return err
	})
	return out, err
}

func (in *NewDoor) check(ctx context.Context, tx *db.Tx) error {
	in.Room, in.Occupant = clean(in.Room), clean(in.Occupant)
	var c fault.Checks
	c.Require("room", in.Room, "房号", "The room")
	c.AtMost("room", in.Room, 20).AtMost("occupant", in.Occupant, 120)
	b, err := buildingByID(ctx, tx, in.Building)
	if err != nil {
		return err
	}
	if in.Floor < -9 || in.Floor == 0 || in.Floor > b.Floors {
		c.Add("floor", "out_of_range", "楼层不在这栋楼之内（地下写负数）。", "The building has no such floor (below ground is negative).")
	}
	if in.Company != "" {
		firms, err := company.Briefs(ctx, tx, []string{in.Company})
		if err != nil {
			return err
		}
		if firms[in.Company].ID == "" {
			c.Add("company", "unknown_company", "请从资源库中选择企业或商协会；没有的先录入。", "Choose a company or association of the library; enter it first if it is missing.")
		} else if in.Occupant == "" {
			in.Occupant = firms[in.Company].Name
		}
	}
	if err := c.Err(); err != nil {
		return err
	}
	if _, taken, err := db.Maybe[string](ctx, tx, `SELECT id FROM field_door WHERE building_id = ? AND floor = ? AND room = ? AND id <> ?`, in.Building, in.Floor, in.Room, in.ID); err != nil {
		return err
	} else if taken {
		return fault.BadField("room", "exists", "这一层已有这个房号。", "The floor has this room already.")
	}
	return nil
}

func addDoor(ctx context.Context, tx *db.Tx, who audit.Actor, in NewDoor) (Door, error) {
	n, err := db.One[int64](ctx, tx, `SELECT count(*) FROM field_door WHERE building_id = ?`, in.Building)
	if err != nil {
		return Door{}, err
	}
	if n >= maxDoors {
		return Door{}, fault.BadField("room", "too_many", "一栋楼最多 3000 个单元；请分栋录入。", "A building has at most 3000 doors; enter it as several.")
	}
	d := Door{ID: in.ID, Building: in.Building, Floor: in.Floor, Room: in.Room, Occupant: in.Occupant, Company: in.Company, CreatedBy: who.Person, ChangedAt: db.Micros(tx.Now()), Version: 1}
	if d.ID == "" {
		d.ID = tx.ID()
	}
	if err := db.Insert(ctx, tx, "field_door", d); err != nil {
		return d, err
	}
	return d, audit.Note(ctx, tx, "door.add", d.Subject(), nil, map[string]any{"building": d.Building, "floor": d.Floor, "room": d.Room})
}

func changeDoor(ctx context.Context, tx *db.Tx, in NewDoor) (Door, error) {
	old, err := doorByID(ctx, tx, in.ID)
	if err != nil {
		return old, err
	}
	if old.Building != in.Building {
		return old, absent(fault.New(fault.NotFound, "not_found", "", ""))
	}
	n, err := db.Exec(ctx, tx, `UPDATE field_door SET floor = ?, room = ?, occupant = ?, company_id = ?, changed_at = ?, version = version + 1 WHERE id = ? AND version = ?`,
		in.Floor, in.Room, in.Occupant, in.Company, db.Micros(tx.Now()), in.ID, in.Version)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "stale", "别人刚改过，请刷新后再改。", "Somebody changed this meanwhile; reload and try again.")
	}
	if err != nil {
		return old, err
	}
	out, err := doorByID(ctx, tx, in.ID)
	if err != nil {
		return out, err
	}
	return out, audit.Note(ctx, tx, "door.edit", out.Subject(), map[string]any{"floor": old.Floor, "room": old.Room, "company": old.Company},
		map[string]any{"floor": out.Floor, "room": out.Room, "company": out.Company})
}

func doorByID(ctx context.Context, tx *db.Tx, id string) (Door, error) {
	d, err := db.One[Door](ctx, tx, `SELECT `+doorColumns+` FROM field_door d WHERE d.id = ?`, id)
	return d, absent(err)
}

// Doors are all doors of a building, from the top floor down.
type Doors struct {
	Items []Door `json:"items"`
	Since string `json:"since,omitempty" doc:"first day of the present batch: what was found before it is history"`
}

// Doors gives the doors of a building, with the grade of the last visit where one may see it. Fault: not_found.
func (s *Service) Doors(ctx context.Context, in ByID) (out Doors, err error) {
	who, err := audit.Require(ctx, "sweep.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		b, err := buildingByID(ctx, tx, in.ID)
		if err != nil {
			return err
		}
		if out.Since, err = batchStart(ctx, tx, b.City); err != nil {
			return err
		}
		out.Items, err = doorsOf(ctx, tx, who, b.ID)
		return err
	})
	return out, err
}

func doorsOf(ctx context.Context, tx *db.Tx, who audit.Actor, building string) ([]Door, error) {
	list, err := db.All[Door](ctx, tx, `SELECT `+doorColumns+` FROM field_door d WHERE d.building_id = ?`, building)
	if err != nil {
		return nil, err
	}
	type grade struct {
		Door   string `db:"door_id"`
		Intent string `db:"intent"`
	}
	grades := map[string]string{}
	if who.May("visit.read") {
		err = db.Each(ctx, tx, `SELECT k.door_id, v.intent FROM field_knock k JOIN field_visit v ON v.id = k.visit_id`+scoped+`v.node_id
			WHERE k.building_id = ? ORDER BY k.day, k.created_at`, []any{who.Node, tx.Today(), tx.Today(), building}, func(g grade) error {
			grades[g.Door] = g.Intent
			return nil
		})
	}
	for i := range list {
		if list[i].State == "met" {
			list[i].Intent = grades[list[i].ID]
		}
	}
	slices.SortFunc(list, func(a, b Door) int {
		return cmp.Or(cmp.Compare(b.Floor, a.Floor), cmp.Compare(len(a.Room), len(b.Room)), cmp.Compare(a.Room, b.Room))
	})
	return list, err
}
