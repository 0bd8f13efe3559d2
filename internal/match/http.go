package match

import (
	"net/http"
	"net/url"

	"zhudian/internal/blob"
	"zhudian/internal/verify"
	"zhudian/internal/web"
)

const (
	sitesPath    = "/sites"
	chainsPath   = "/sites/chains"
	matchPath    = "/match"
	sendingsPath = "/match/sendings"
	tallyPath    = "/match/tally"
	weightsPath  = "/match/weights"
	importsPath  = "/sites/imports"
	upload       = maxPhotos*blob.Limit/2 + 1<<20
	tableBody    = blob.Limit + 1<<20
)

func siteURL(id string) string    { return sitesPath + "/" + url.PathEscape(id) }
func chainURL(code string) string { return chainsPath + "/" + url.PathEscape(code) }
func sendingURL(id string) string { return sendingsPath + "/" + url.PathEscape(id) }
func importURL(id string) string  { return importsPath + "/" + url.PathEscape(id) }
func leadURL(id string) string    { return "/leads/" + url.PathEscape(id) }
func firmURL(id string) string    { return "/companies/" + url.PathEscape(id) }

// Mount serves sites, chains, matching and sending: JSON under /api/v1, pages under /sites and /match.
func (s *Service) Mount(m *web.Mux) {
	s.mountSites(m)
	s.mountImports(m)
	s.mountChains(m)
	s.mountMatch(m)
	s.mountSendings(m)
}

func (s *Service) mountSites(m *web.Mux) {
	web.Get(m, "/api/v1/sites", "site.read", s.ListSites, web.Doc("Places where a company can settle, what changed last first"))
	web.Post(m, "/api/v1/sites", "site.edit", s.SaveSite, web.Doc("Add a site of one's unit, or change one by its id"))
	web.Get(m, "/api/v1/sites/{id}", "site.read", s.GetSite, web.Doc("One site with its offers and pictures"))
	web.Get(m, "/api/v1/offers", "site.read", s.ListOffers, web.Doc("The offers of one site"))
	web.Post(m, "/api/v1/offers", "site.edit", s.SaveOffer, web.Doc("Add an offer to a site of one's unit, or change one by its id"))
	web.Get(m, "/api/v1/offers/{id}", "site.read", s.GetOffer, web.Doc("One offer"))
	web.Post(m, "/api/v1/photos", "site.edit", s.AddPhotos, web.Doc("Put uploaded pictures on the page of a site"))
	m.Page("GET "+sitesPath, "site.read", s.sitesPage)
	m.Page("GET "+sitesPath+"/new", "site.edit", s.newSitePage)
	m.Page("POST "+sitesPath, "site.edit", s.sitePosted)
	m.Page("GET "+sitesPath+"/{id}", "site.read", s.sitePage)
	m.Page("GET "+sitesPath+"/edit/{id}", "site.edit", s.editSitePage)
	m.Page("GET "+sitesPath+"/offers/new", "site.edit", s.newOfferPage)
	m.Page("GET "+sitesPath+"/offers/{id}", "site.edit", s.editOfferPage)
	m.Page("POST "+sitesPath+"/offers", "site.edit", s.offerPosted)
	m.Page("POST "+sitesPath+"/photos", "site.edit", s.photosPosted, web.MaxBody(upload))
	m.Raw("GET "+sitesPath+"/photos/{id}", "site.read", s.servePhoto(m))
	m.Nav(web.NavItem{Key: "sites", Icon: "building-warehouse", URL: sitesPath, Perm: "site.read", Group: web.GroupService, Order: 10})
	m.Command(web.Command{Key: "site_new", Icon: "building-warehouse", URL: sitesPath + "/new", Perm: "site.edit"})
	m.Search("sites", "building-warehouse", "site.read", s.findSites)
}

func (s *Service) mountImports(m *web.Mux) {
	web.Get(m, "/api/v1/offers/imports", "site.edit", s.OfferImports, web.Doc("One's own tables of offers"))
	m.Raw("POST /api/v1/offers/imports", "site.edit", s.uploadRaw(m), web.MaxBody(tableBody))
	web.Get(m, "/api/v1/offers/imports/{id}", "site.edit", s.CheckOffers, web.Doc("What would become of each row of a table"))
	web.Post(m, "/api/v1/offers/imports/{id}/start", "site.edit", s.StoreOffers, web.Doc("Store a table of offers"))
	m.Page("GET "+importsPath, "site.edit", s.importsPage)
	m.Page("POST "+importsPath, "site.edit", s.importPosted, web.MaxBody(tableBody))
	m.Raw("GET "+importsPath+"/template", "site.edit", s.importTemplate(m))
	m.Page("GET "+importsPath+"/{id}", "site.edit", s.importPage)
	m.Page("POST "+importsPath+"/{id}/start", "site.edit", s.importStarted)
	m.Raw("GET "+importsPath+"/{id}/report", "site.edit", s.importReport(m))
	m.Command(web.Command{Key: "offer_import", Icon: "file-import", URL: importsPath, Perm: "site.edit"})
}

func (s *Service) mountChains(m *web.Mux) {
	web.Get(m, "/api/v1/chains", "site.read", s.ListChains, web.Doc("The industry chains with their gaps"))
	web.Get(m, "/api/v1/chains/{code}", "site.read", s.GetChain, web.Doc("One chain: nodes, firms, and the three lists of counties"))
	web.Post(m, "/api/v1/chains/nodes", "chain.edit", s.SaveNode, web.Doc("Add a node to a chain, or change one by its id"))
	web.Post(m, "/api/v1/chains/firms", "chain.edit", s.PlaceFirm, web.Doc("Say how a company stands at a node"))
	web.Post(m, "/api/v1/chains/items", "site.edit", s.SaveItem, web.Doc("Write a line of a unit's three lists, or change one by its id"))
	m.Page("GET "+chainsPath, "site.read", s.chainsPage)
	m.Page("GET "+chainsPath+"/{code}", "site.read", s.chainPage)
	m.Page("POST "+chainsPath+"/{code}/nodes", "chain.edit", s.nodePosted)
	m.Page("POST "+chainsPath+"/{code}/firms", "chain.edit", s.firmPosted)
	m.Page("POST "+chainsPath+"/{code}/items", "site.edit", s.itemPosted)
}

func (s *Service) mountMatch(m *web.Mux) {
	web.Get(m, "/api/v1/match/leads", "match.read", s.OpenLeads, web.Doc("The valid leads of one's scope that no place has accepted"))
	web.Get(m, "/api/v1/match/leads/{id}", "match.read", s.MatchLead, web.Doc("The sites that fit a lead, with every reason"))
	web.Get(m, "/api/v1/match/sites/{id}", "match.read", s.MatchSite, web.Doc("The leads of one's scope that fit a site, and the firms its chains look for"))
	web.Get(m, "/api/v1/match/weights", "match.read", s.ListWeights, web.Doc("Every version of the weights"))
	web.Post(m, "/api/v1/match/weights", "match.weigh", s.ProposeWeights, web.Status(http.StatusCreated), web.Doc("Propose new weights"))
	web.Post(m, "/api/v1/match/weights/{version}/approve", "match.weigh", s.ApproveWeights, web.Doc("Put proposed weights in force; their author cannot"))
	m.Page("GET "+matchPath, "match.read", s.matchPage)
	m.Page("GET "+matchPath+"/fits", "match.read", s.fitsPart)
	m.Page("GET "+weightsPath, "match.read", s.weightsPage)
	m.Page("POST "+weightsPath, "match.weigh", s.weightsPosted)
	m.Page("POST "+weightsPath+"/{version}/approve", "match.weigh", s.approvePosted)
	m.Nav(web.NavItem{Key: "match", Icon: "target-arrow", URL: matchPath, Perm: "match.read", Group: web.GroupService, Order: 20})
}

func (s *Service) mountSendings(m *web.Mux) {
	web.Get(m, "/api/v1/sendings", "sending.read", s.ListSendings, web.Doc("Leads sent from one's scope or to it, newest first"))
	web.Post(m, "/api/v1/sendings", "sending.send", s.Send, web.Status(http.StatusCreated), web.Doc("Push a lead to a unit, which has 48 hours"))
	web.Get(m, "/api/v1/sendings/tally", "sending.read", s.SendingTally, web.Doc("How each unit answered"))
	web.Get(m, "/api/v1/sendings/{id}", "sending.read", s.GetSending, web.Doc("One sending; the company is named to those alone who see the lead"))
	web.Post(m, "/api/v1/sendings/{id}/answer", "sending.answer", s.AnswerSending, web.Doc("Accept a lead or give it back with a reason"))
	m.Page("GET "+sendingsPath, "sending.read", s.sendingsPage)
	m.Page("POST "+sendingsPath, "sending.send", s.sendPosted)
	m.Page("GET "+sendingsPath+"/of", "sending.read", s.leadPart)
	m.Page("GET "+sendingsPath+"/new", "sending.send", s.newSendingPage)
	m.Page("GET "+sendingsPath+"/{id}", "sending.read", s.sendingPage)
	m.Page("POST "+sendingsPath+"/{id}/answer", "sending.answer", s.answerPosted)
	m.Page("GET "+tallyPath, "sending.read", s.tallyPage)
	m.Page("GET "+matchPath+"/waiting", "sending.read", s.waitingBlock)
}

// servePhoto gives out a picture, proved against its digest.
func (s *Service) servePhoto(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p, err := s.photo(r.Context(), r.PathValue("id"))
		if err == nil {
			err = verify.ServeCopy(w, r, s.Files, verify.Evidence{Blob: p.Blob, Name: p.Name, Type: p.Type, Size: p.Size, AddedAt: p.At})
		}
		if err != nil {
			m.Fail(w, r, err)
		}
	}
}
