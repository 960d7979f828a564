package inspection

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/abridge"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
)

// mostStrangers bounds the keys that are kept: anybody can make one.
const mostStrangers = 20

// Stranger is a key that signed batches and is not known here.
type Stranger struct {
	key     string
	File    string // the last that came
	Files   int
	First   time.Time
	Last    time.Time
	Refused bool // a person does not know it
}

// Fingerprint is what the key is told apart by, as the crawler that has it says it.
func (x Stranger) Fingerprint() string { return Fingerprint(x.key) }

// Mark is the fingerprint as it stands in an address.
func (x Stranger) Mark() string { return strings.ReplaceAll(x.Fingerprint(), " ", "") }

// Strangers are those that were heard of and nobody refused, the latest first. They
// belong to no unit.
func (s *Service) Strangers(ctx context.Context) ([]Stranger, error) {
	list, err := s.strangers(ctx, s.db)
	return slices.DeleteFunc(list, func(x Stranger) bool { return x.Refused }), err
}

func (s *Service) strangers(ctx context.Context, q db.Querier) ([]Stranger, error) {
	return db.All(ctx, q, func(r db.Scanner) (Stranger, error) {
		var x Stranger
		return x, r.Scan(&x.key, &x.File, &x.Files, &x.First, &x.Last, &x.Refused)
	}, `SELECT key, file, files, first_at, last_at, refused FROM crawler_stranger ORDER BY last_at DESC, key`)
}

// noteStranger keeps that a file came, and by which key; nothing that stands in it.
func (s *Service) noteStranger(ctx context.Context, key, file string) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Quiet(ctx, `INSERT INTO crawler_stranger (key, file, files, first_at, last_at) VALUES ($1, $2, 1, $3, $3)
			ON CONFLICT (key) DO UPDATE SET file = excluded.file, files = crawler_stranger.files + 1, last_at = excluded.last_at`, key, abridge.Plain(file, 100), tx.Now()); err != nil {
			return err
		}
		// What a person refused stays known longest, or it would come back.
		_, err := tx.Quiet(ctx, `DELETE FROM crawler_stranger WHERE key NOT IN (SELECT key FROM crawler_stranger ORDER BY refused DESC, last_at DESC, key LIMIT $1)`, mostStrangers)
		return err
	})
}

// trustedNow forgets the strangers that a person has come to trust, and puts what they
// brought back in its place, to be taken in.
func (s *Service) trustedNow(ctx context.Context, trusted map[string]bool) error {
	list, err := s.strangers(ctx, s.db)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(x Stranger) bool { return !trusted[x.key] })
	if len(list) == 0 {
		return nil
	}
	files, err := filepath.Glob(filepath.Join(s.set.Exchange.Batches, "*"+batchSuffix+refusedSuffix))
	if err != nil {
		return err
	}
	var errs []error
	for _, file := range files {
		key, err := signerOf(file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			// Whose it is cannot be told: it stays aside, and the others are put back.
			errs = append(errs, fmt.Errorf("inspection: %s was set aside and cannot be read: %w", filepath.Base(file), err))
			continue
		}
		if !slices.ContainsFunc(list, func(x Stranger) bool { return x.key == key }) {
			continue
		}
		back := strings.TrimSuffix(file, refusedSuffix)
		if _, err := os.Stat(back); err == nil {
			continue
		} else if errors.Is(err, fs.ErrNotExist) {
			err = os.Rename(file, back)
			errs = append(errs, err)
		} else {
			errs = append(errs, err)
		}
	}
	return errors.Join(append(errs, s.db.Update(ctx, func(tx *db.Tx) error {
		for _, x := range list {
			if _, err := tx.Quiet(ctx, `DELETE FROM crawler_stranger WHERE key = $1`, x.key); err != nil {
				return err
			}
		}
		return nil
	}))...)
}

// signerOf is the key that a file says signed it.
func signerOf(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	head := make([]byte, 60)
	n, err := io.ReadFull(f, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil // short, or empty: nobody's
	}
	key, _, _ := strings.Cut(string(head[:n]), " ")
	return key, errors.Join(err, f.Close())
}

// RefuseStranger says that a key is none of ours: its files are not told of any more.
func (s *Service) RefuseStranger(ctx context.Context, session *authz.Session, mark string) error {
	if err := s.governs(ctx, session); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		list, err := s.strangers(ctx, tx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(x Stranger) bool { return x.Mark() == mark })
		if i < 0 {
			return fault.Missing("未知的密钥")
		}
		if _, err := tx.Quiet(ctx, `UPDATE crawler_stranger SET refused = TRUE WHERE key = $1`, list[i].key); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "inspection.stranger.refuse", Target: audit.Target{Kind: "crawler_key", ID: mark, Name: list[i].Fingerprint()}, After: map[string]any{"file": list[i].File, "files": list[i].Files}})
	})
}
