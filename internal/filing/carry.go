package filing

import (
	"context"

	"zhengshu/internal/audit"
	"zhengshu/internal/db"
	"zhengshu/internal/passage"
)

// Carry takes over an item from an earlier register, in the transaction of the
// act that closes it there. With a number it was proved then and its number
// already stands in the ledger: it is kept as recorded, by whom and when it was.
// Without one it is opened as any other, with the time given.
func (s *Service) Carry(ctx context.Context, tx *db.Tx, i Item) error {
	id, err := s.Open(ctx, tx, i)
	if err != nil || i.Number == "" {
		return err
	}
	have, err := db.One(ctx, tx, scanItem, itemSelect+` WHERE f.id = $1`, id)
	if err != nil || have.State != Open {
		return err
	}
	if _, have.State, err = Machine.Take(ctx, tx, string(id), "record", passage.Note{Says: "由原上线清单转入", CaseID: string(have.Case)}); err != nil {
		return err
	}
	have.Number, have.On, have.Note, have.RecordedBy, have.RecordedAt, have.InLedger = i.Number, i.On, "由原上线清单转入", i.RecordedBy, i.RecordedAt, true
	if err := s.write(ctx, tx, have); err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, audit.Entry{Act: "filing.carry", Target: have.Target(), Basis: have.Clock().Citation, After: map[string]any{"number": have.Number, "on": have.On, "by": have.RecordedBy}}); err != nil {
		return err
	}
	_, err = s.obligations.Discharge(ctx, tx, have.Clock().ID, have.subject(), "原上线清单登记："+have.Number)
	return err
}
