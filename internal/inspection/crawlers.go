package inspection

import (
	"context"
	"encoding/json"
	"time"

	"zhengshu/internal/abridge"
	"zhengshu/internal/db"
	"zhengshu/internal/vantage"
)

// CrawlerSeen is a crawler beyond the wall as its batches told of it.
type CrawlerSeen struct {
	Name    string // as its evidence is named
	SeenAt  time.Time
	Program vantage.Writer
	// RefusedAt is when a batch of it could not be read, after the last that could, and
	// RefusedSays why and what to do.
	RefusedAt   time.Time
	RefusedSays string
}

// Crawlers are those that were heard of, the latest first. They belong to no unit.
func (s *Service) Crawlers(ctx context.Context) ([]CrawlerSeen, error) {
	return db.All(ctx, s.db, func(r db.Scanner) (CrawlerSeen, error) {
		var x CrawlerSeen
		err := r.Scan(&x.Name, &x.SeenAt, &x.Program.Format, &x.Program.Version, &x.RefusedAt, &x.RefusedSays)
		return x, err
	}, `SELECT name, seen_at, format, version, refused_at, refused_says FROM crawler_seen ORDER BY COALESCE(refused_at, seen_at) DESC, name LIMIT 50`)
}

// crawlerOf is as much of a batch that cannot be read as says whose it is.
func crawlerOf(u *vantage.Unread) (b BatchFile) {
	var who struct {
		Vantage string `json:"vantage"`
	}
	if json.Unmarshal(u.Body, &who) == nil {
		b.Vantage = who.Vantage
	}
	b.Writer = u.Writer
	return b
}

// noteCrawler keeps that a crawler was heard of; refused says why what it brought is of
// no use.
func (s *Service) noteCrawler(ctx context.Context, b BatchFile, refused string) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		name := abridge.Plain(b.Vantage, 60)
		if name == "" {
			name = "（没有名称）"
		}
		if refused != "" {
			_, err := tx.Quiet(ctx, `INSERT INTO crawler_seen (name, format, version, refused_at, refused_says) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (name) DO UPDATE SET version = excluded.version, refused_at = excluded.refused_at, refused_says = excluded.refused_says`,
				name, b.Format, abridge.Plain(b.Version, 40), tx.Now(), abridge.Cut(refused, 300))
			return err
		}
		_, err := tx.Quiet(ctx, `INSERT INTO crawler_seen (name, seen_at, format, version) VALUES ($1, $2, $3, $4)
			ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at, format = excluded.format, version = excluded.version, refused_at = NULL, refused_says = ''`,
			name, tx.Now(), b.Format, abridge.Plain(b.Version, 40))
		return err
	})
}
