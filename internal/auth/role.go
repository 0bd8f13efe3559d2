package auth

import (
	"slices"
	"strings"
	"sync"
)

// Role is what a person does in the work; permissions follow from it.
type Role string

// The roles. The last three administer the installation, see no business data, and exclude each other.
const (
	Leader      Role = "leader"   // reads everything in scope, signs bulletins
	Province    Role = "province" // recognises projects and money, closes periods
	City        Role = "city"     // reviews projects and money
	County      Role = "county"   // files projects and money, confirms tours
	Captain     Role = "captain"  // leads a station, recognises its field work for the general branch
	Branch      Role = "branch"   // reviews a station's field work
	Officer     Role = "officer"  // visits, brings companies and tours
	Assessor    Role = "assessor" // reads what scores are made of
	Editor      Role = "editor"   // writes bulletins and cites facts
	ServiceDesk Role = "service"  // answers investors
	Investor    Role = "investor" // sees their own requests only
	SysAdmin    Role = "sysadmin" // runs the installation
	SecAdmin    Role = "secadmin" // grants roles
	Auditor     Role = "auditor"  // reads the trail
)

// Roles lists every role in the order in which they are shown.
var Roles = []Role{
	Leader, Province, City, County, Captain, Branch, Officer, Assessor, Editor, ServiceDesk, Investor,
	SysAdmin, SecAdmin, Auditor,
}

// Administrators are the three roles that stand alone.
var Administrators = []Role{SysAdmin, SecAdmin, Auditor}

// Self is the permission every account has: its own password, sessions, tokens and second factor.
const Self = "account.self"

// Short names for columns of the table that repeat.
const (
	staff    = "leader province city county captain branch officer assessor editor service"
	readers  = "leader province city county captain branch officer assessor editor"
	fielders = "county captain branch officer"
	holders  = "province city county" // of projects and money
)

// table says who may do what: one line per permission, then the roles that hold it.
// Where, meaning which records, is decided by the scope of the account and not here.
var table = []struct{ permission, roles string }{
	{Self, staff + " investor sysadmin secadmin auditor"},

	// the resource library
	{"company.read", staff},
	{"company.create", fielders + " province city service"},
	{"company.edit", fielders + " province city service"},
	{"company.merge", "province city captain"},
	{"company.import", "province city captain"},
	{"company.export", "leader province city county captain"},
	{"contact.read", fielders + " province city service"},
	{"contact.create", fielders + " province city service"},
	{"contact.edit", fielders + " province city service"},
	{"contact.reveal", fielders + " province city service"},
	{"contact.erase", "province city captain"},

	{"referral.read", readers + " service"},
	{"referral.write", fielders + " province city service"},

	// stations and field work
	{"station.read", readers + " service"},
	{"station.edit", "province captain"},
	{"deployment.read", readers},
	{"deployment.create", "county captain"},
	{"deployment.edit", "county captain"},
	{"leave.ask", fielders},
	{"leave.answer", "county captain"}, // who leads the team, at home or at the station
	{"party.read", "captain branch"},   // sensitive: nobody else, whatever they lead
	{"party.edit", "captain branch"},
	{"handover.read", readers},
	{"handover.write", fielders},
	{"visit.read", readers},
	{"visit.create", "county captain branch officer"},
	{"visit.edit", "county captain branch officer"},
	{"field.sync", "county captain branch officer"}, // by a phone that works without a network
	{"field.held", "captain"},                       // what of it waits for something that did not come
	{"sweep.read", readers},
	{"sweep.work", "county captain branch officer"},
	{"plan.read", "county captain branch officer city province"},
	{"plan.edit", "county captain branch officer"},
	{"building.edit", "province city county captain branch officer"},
	{"building.import", "province city captain"},
	{"report.read", readers},
	{"report.write", "county officer"},
	{"report.note", "captain branch"},
	{"tour.read", readers},
	{"tour.create", "county captain branch officer"},
	{"tour.edit", "county captain branch officer"},
	{"tour.confirm", "county"},
	{"event.read", readers + " service"},
	{"event.create", "province city county captain branch"},
	{"event.edit", "province city county captain branch"},

	// leads, projects and money
	{"lead.read", readers + " service"},
	{"lead.create", fielders + " province city service"},
	{"lead.judge", "province city county captain branch"},
	{"dispute.decide", "province city"},
	{"brief.read", readers},
	{"brief.write", "county captain officer"},
	{"project.read", readers + " service"},
	{"project.create", "county officer"},
	{"project.edit", "county officer"},
	{"project.status", "province city county"},
	{"stage.confirm", holders},
	{"gate.edit", "province"},
	{"promise.settle", holders},
	{"project.export", "leader province city county"},
	{"funds.read", readers},
	{"funds.create", "county"},
	{"funds.edit", "county"},

	// verification: one chain for field work, one for projects and money
	{"evidence.read", readers},
	{"evidence.add", holders + " captain branch officer"},
	{"claim.read", readers},
	{"claim.submit", holders + " captain branch officer"},
	{"claim.review.field", "branch"},
	{"claim.recognise.field", "captain"},
	{"claim.review.project", "city"},
	{"claim.recognise.project", "province"},
	{"claim.withdraw", "captain province"},
	{"rule.edit", "province"},
	{"draw.read", readers},
	{"draw.make", "province captain"},
	{"draw.check", "province captain"},

	// figures, ledger, periods
	{"figures.read", staff},
	{"figures.export", "leader province city county captain assessor editor"},
	{"ledger.read", readers},
	{"ledger.verify", "province auditor"},
	{"credit.edit", "province captain"},
	{"credit.sign", holders}, // for one's own unit
	{"period.read", readers},
	{"period.close", "province"},
	{"period.reopen", "province"},

	// targets and assessments
	{"target.edit", "province city"},
	{"assess.read", "leader province city county captain branch officer assessor"},
	{"assess.run", "assessor"},
	{"assess.scheme", "assessor province"},
	{"assess.publish", "leader province"},
	{"assess.appeal", "city county captain"},
	{"assess.answer", "assessor province"},

	// bulletins and the public side
	{"bulletin.read", staff},
	{"bulletin.draft", "editor province captain"},
	{"bulletin.sign", "leader province"},
	{"bulletin.publish", "editor province"},
	{"citation.create", "editor province"},
	{"citation.check", "province assessor"},
	{"portal.edit", "editor"},
	{"portal.self", "investor"},

	// service to investors, who see their own requests only
	{"ticket.read", "leader province city county captain branch officer assessor service investor"},
	{"ticket.create", "province city county captain branch officer service investor"},
	{"ticket.answer", "province city county service"},
	{"ticket.assign", "province city service"},
	{"ticket.rate", "investor"},

	// what the public sent in: it becomes leads and requests
	{"inbox.read", "province city county service"},
	{"inbox.decide", "province city county service"},
	{"inbox.erase", "province service"},
	// sites, chains, matching and sending
	{"site.read", staff},
	{"site.edit", holders},
	{"chain.edit", "province city"},
	{"match.read", "leader province city county captain branch officer"},
	{"match.weigh", "province"},
	{"sending.read", "leader province city county captain branch officer assessor"},
	{"sending.send", holders + " captain officer"},
	{"sending.answer", holders},

	// leaders' instructions
	{"directive.read", "leader province city county captain branch officer assessor service"},
	{"directive.issue", "leader province city"},
	{"directive.report", "province city county captain branch officer service"},
	{"directive.close", "leader province city"},

	// units and the installation
	{"org.read", staff + " sysadmin secadmin"},
	{"org.edit", "province"},
	{"org.import", "province"},
	{"user.read", "sysadmin secadmin"},
	{"user.create", "sysadmin"},
	{"user.reset", "sysadmin"},
	{"user.disable", "sysadmin secadmin"},
	{"user.grant", "secadmin"},
	{"user.unlock", "secadmin"},
	{"user.factor", "secadmin"},
	{"user.token", ""}, // the command line on the server itself
	{"user.seed", ""},  // the demo, as the system
	{"system.read", "sysadmin"},
	{"system.edit", "sysadmin"},
	{"audit.read", "auditor"},
	{"audit.verify", "auditor"},
}

// strong are permissions that count: whoever holds one needs a second factor outside the demo and is
// signed out sooner.
var strong = []string{
	"tour.confirm", "stage.confirm", "claim.review.field", "claim.recognise.field", "claim.review.project", "claim.recognise.project",
	"bulletin.sign", "period.close", "user.read", "audit.read",
}

// holds is the table turned round: role → its permissions.
var holds = sync.OnceValue(func() map[Role]map[string]bool {
	out := map[Role]map[string]bool{}
	for _, line := range table {
		for _, r := range strings.Fields(line.roles) {
			if out[Role(r)] == nil {
				out[Role(r)] = map[string]bool{}
			}
			out[Role(r)][line.permission] = true
		}
	}
	return out
})

// Permissions lists every permission there is, in the order of the table.
func Permissions() []string {
	out := make([]string, len(table))
	for i, line := range table {
		out[i] = line.permission
	}
	return out
}

// May reports whether one of the roles holds the permission.
func May(roles []Role, permission string) bool {
	return slices.ContainsFunc(roles, func(r Role) bool { return holds()[r][permission] })
}

// Strong reports whether the roles need a second factor and short sessions: verifiers, signers, administrators.
func Strong(roles []Role) bool {
	return slices.ContainsFunc(strong, func(p string) bool { return May(roles, p) })
}

// dutyOf is "business", or the administration the roles belong to; ok is false for a mixture.
func dutyOf(roles []Role) (duty string, ok bool) {
	for _, r := range roles {
		if slices.Contains(Administrators, r) {
			return string(r), len(roles) == 1
		}
	}
	return "business", true
}

// joinRoles writes roles once each in the order of Roles.
func joinRoles(roles []Role) string {
	var out []string
	for _, r := range Roles {
		if slices.Contains(roles, r) {
			out = append(out, string(r))
		}
	}
	return strings.Join(out, ",")
}

func splitRoles(joined string) []Role {
	out := []Role{}
	for _, r := range strings.Split(joined, ",") {
		if r != "" {
			out = append(out, Role(r))
		}
	}
	return out
}
