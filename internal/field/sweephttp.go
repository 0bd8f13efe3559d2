package field

import (
	"net/http"

	"zhudian/internal/web"
)

// mountSweepData serves buildings, doors, leases and knocks as JSON.
func (s *Service) mountSweepData(m *web.Mux) {
	web.Get(m, "/api/v1/sweeps/buildings", "sweep.read", s.ListBuildings, web.Doc("Buildings with their leases and how far they were swept"))
	web.Post(m, "/api/v1/sweeps/buildings", "building.edit", s.SaveBuilding, web.Doc("Add a building, or change the one of that id and version"))
	web.Get(m, "/api/v1/sweeps/buildings/{id}", "sweep.read", s.GetBuilding, web.Doc("One building with its lease and how far it was swept"))
	web.Get(m, "/api/v1/sweeps/buildings/{id}/doors", "sweep.read", s.Doors, web.Doc("Every door of a building, for work without a network too"))
	web.Post(m, "/api/v1/sweeps/doors", "sweep.work", s.SaveDoor, web.Doc("Add a door, or change the one of that id and version"))
	web.Get(m, "/api/v1/sweeps/leases", "sweep.read", s.ListLeases, web.Doc("Which buildings one's teams hold or held"))
	web.Post(m, "/api/v1/sweeps/leases", "sweep.work", s.TakeBuilding, web.Status(http.StatusCreated), web.Doc("Take a building for up to 14 days"))
	web.Post(m, "/api/v1/sweeps/leases/{id}/end", "sweep.work", s.EndLease, web.Doc("Hand a building back"))
	web.Get(m, "/api/v1/sweeps/knocks", "sweep.read", s.ListKnocks, web.Doc("What one's teams found at doors, newest first"))
	web.Post(m, "/api/v1/sweeps/knocks", "sweep.work", s.RecordKnock, web.Status(http.StatusCreated), web.Doc("Record what was found at a door"))
	web.Get(m, "/api/v1/sweeps/coverage", "sweep.read", s.Coverage, web.Doc("How far districts, blocks or buildings were swept, whoever did"))
}
