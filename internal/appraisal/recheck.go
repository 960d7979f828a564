package appraisal

import (
	"context"
	"encoding/json"
	"fmt"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
)

// mostNamed bounds what the trail keeps of what a check found.
const mostNamed = 100

// Recheck is Rescore as an act of a person. Of thousands of results it takes a
// moment of the processor; what it came to stays in the trail, where the page
// reads it, with who asked and when.
func (s *Service) Recheck(ctx context.Context, scope authz.Scope, id string) (Rescored, error) {
	r, err := s.round(ctx, s.DB, scope, id)
	if err != nil {
		return Rescored{}, err
	}
	x, err := s.rescore(ctx, s.DB, r)
	if err != nil {
		return x, err
	}
	kept := rechecked{Rows: x.Rows, SHA256: x.SHA256, Found: len(x.Damage)}
	for _, d := range x.Damage[:min(len(x.Damage), mostNamed)] {
		kept.Damage = append(kept.Damage, damaged{d.Object.ID, d.Object.Name, d.Says})
	}
	return x, s.DB.Update(ctx, func(tx *db.Tx) error {
		actor, err := audit.PersonFrom(ctx)
		if err != nil {
			return err
		}
		x.At, x.By, x.Found = tx.Now(), actor.Name, len(x.Damage)
		return audit.Record(ctx, tx, audit.Entry{Act: recheckAct, Target: r.Target(), Basis: citation30, After: kept})
	})
}

const recheckAct = "appraisal.round.rescore"

// rechecked is what the trail keeps of a check.
type rechecked struct {
	Rows   int       `json:"rows"`
	SHA256 string    `json:"sha256"`
	Found  int       `json:"found"`
	Damage []damaged `json:"damage,omitempty"`
}

type damaged struct {
	Object string `json:"object,omitempty"`
	Name   string `json:"name,omitempty"`
	Says   string `json:"says"`
}

// Rechecked is what the last check of a round in scope came to; At is zero when
// nobody has checked it.
func (s *Service) Rechecked(ctx context.Context, scope authz.Scope, id string) (Rescored, error) {
	r, err := s.round(ctx, s.DB, scope, id)
	if err != nil {
		return Rescored{}, err
	}
	list, err := audit.Entries(ctx, s.DB, audit.Filter{TargetKind: "appraisal_round", TargetID: r.ID, Act: recheckAct, Limit: 1})
	if err != nil || len(list) == 0 {
		return Rescored{}, err
	}
	var kept rechecked
	if err := json.Unmarshal([]byte(list[0].After), &kept); err != nil {
		return Rescored{}, fmt.Errorf("appraisal: last check of %s: %w", id, err)
	}
	x := Rescored{Rows: kept.Rows, SHA256: kept.SHA256, Found: kept.Found, At: list[0].At, By: list[0].Actor.Name}
	for _, d := range kept.Damage {
		x.Damage = append(x.Damage, Damage{Object{ID: d.Object, Name: d.Name}, d.Says})
	}
	return x, nil
}

// Done reports whether somebody has checked.
func (x Rescored) Done() bool { return !x.At.IsZero() }
