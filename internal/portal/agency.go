package portal

import (
	"context"

	"zhudian/internal/db"
)

// AgencyKnob is the name of the office on the public pages and the sign-in page.
var AgencyKnob = db.Knob{Key: "agency"}

// AgencyName is the name that was set, or the one the service was made with. A page must not fail for it.
func (s *Service) AgencyName(ctx context.Context) string {
	name := s.Agency
	_ = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		set, err := s.agencyIn(ctx, tx)
		if err == nil {
			name = set
		}
		return err
	})
	return name
}

func (s *Service) agencyIn(ctx context.Context, tx *db.Tx) (string, error) {
	set, err := db.Setting(ctx, tx, AgencyKnob.Key)
	if err == nil && set == "" {
		set = s.Agency
	}
	return set, err
}
