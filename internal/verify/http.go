package verify

import (
	"zhudian/internal/web"
)

// Mount serves claims, verdicts and evidence, as JSON and as pages, and the workbench, which shows what waits.
func (s *Service) Mount(m *web.Mux) {
	web.Get(m, "/api/v1/claims", "claim.read", s.Inbox, web.Doc("Claims, the most doubtful first; by default those that wait for one's own level"))
	web.Get(m, "/api/v1/claims/{id}", "claim.read", s.Open, web.Doc("One claim with its rounds, verdicts, evidence and findings"))
	web.Post(m, "/api/v1/claims/decide", "claim.read", s.Decide, web.Doc("Give one verdict on the content that was read"))
	web.Post(m, "/api/v1/claims/decide-all", "claim.read", s.DecideAll, web.MaxBody(4<<20), web.Doc("Give many verdicts: all of them or none"))
	web.Post(m, "/api/v1/claims/appeal", "claim.submit", s.Appeal, web.Doc("Have what was returned judged again as it was, by others"))
	web.Post(m, "/api/v1/claims/withdraw", "claim.withdraw", s.Withdraw, web.Doc("Take a recognised fact out of the figures"))
	web.Get(m, "/api/v1/claims/{id}/withdrawal", "claim.withdraw", s.Foresee, web.Doc("Which figures would fall if the fact were withdrawn"))

	s.mountRules(m)
	s.mountDraws(m)
	m.Raw("GET /evidence/{id}", "evidence.read", s.download(m))
	m.Raw("POST /api/v1/evidence", "evidence.add", s.upload(m), web.MaxBody(maxUpload))

	m.Page("GET /verify", "claim.read", s.verifyPage)
	m.Page("POST /verify/decide", "claim.read", s.decidePage)
	m.Page("POST /verify/batch", "claim.read", s.batchPage)
	m.Page("POST /verify/appeal", "claim.submit", s.appealPosted)
	m.Page("GET /verify/withdraw", "claim.withdraw", s.withdrawPage)
	m.Page("POST /verify/withdraw", "claim.withdraw", s.withdrawPosted)
	m.Page("GET /verify/of", "claim.read", s.trailPage)
	m.Page("GET /", web.AnyPerson, s.workbenchPage)

	m.Nav(web.NavItem{Key: "workbench", Icon: "layout-dashboard", URL: "/", Perm: web.AnyPerson, Group: web.GroupTop, Go: "h", Phone: true})
	m.Nav(web.NavItem{Key: "verify", Icon: "checks", URL: "/verify", Perm: "claim.read", Group: web.GroupVerify, Order: 1, Go: "c", Phone: true})
	m.Command(web.Command{Key: "draws", Icon: "list-check", URL: drawsPath, Perm: "draw.read"})
	m.Command(web.Command{Key: "rules", Icon: "adjustments-horizontal", URL: rulesPath, Perm: "claim.read"})
	m.Command(web.Command{Key: "verify", Icon: "player-play", URL: "/verify", Perm: "claim.read"})
}
