package inspection

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/abridge"
	"zhengshu/internal/audit"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
)

// conclude writes what a run saw: new findings, known ones seen again, and
// open ones that the run looked for and did not find.
func (s *Service) conclude(ctx context.Context, site registry.Site, id RunID, rep engine.Report) error {
	untested, err := json.Marshal(rep.Untested)
	if err != nil {
		return err
	}
	turn := ""
	if rep.Turn != nil {
		b, err := json.Marshal(rep.Turn)
		if err != nil {
			return err
		}
		turn = string(b)
	}
	census, withdrawn, err := s.held(ctx, site, &rep)
	if err != nil {
		return err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		// Taken in once, however often it is handed over.
		n, err := tx.Exec(ctx, `UPDATE inspection_run SET state = 'done', failure = '', unanswered_at = NULL WHERE id = $1 AND (state IN ('queued', 'running') OR state = 'failed' AND unanswered_at IS NOT NULL)`, id)
		if err != nil || n == 0 {
			return err
		}
		known, err := db.All(ctx, tx, scanFinding, findingSelect+` WHERE f.site_id = $1 AND f.state <> 'closed'`, site.ID)
		if err != nil {
			return err
		}
		standing := make(map[string]Finding, len(known))
		for _, f := range known {
			standing[f.Fingerprint] = f
		}
		fresh, closed, remembered := 0, 0, 0
		for _, sg := range rep.Findings {
			fp := sg.Fingerprint()
			if f, ok := standing[fp]; ok {
				delete(standing, fp)
				sg.KeepUnlooked(rep.Unlooked(f.spot()))
				if _, err := s.seenAgain(ctx, tx, f, id, sg); err != nil {
					return err
				}
				continue
			}
			f, err := s.found(ctx, tx, ofSite(site), id, sg, fp)
			if errors.Is(err, errRemembered) {
				remembered++
				continue
			}
			if err != nil {
				return err
			}
			if !f.relapse {
				fresh++
			}
		}
		for _, f := range standing {
			// A finding in an order is closed by its own retest, with both looks shown.
			if f.State == FindingOrdered || len(rep.Unlooked(f.spot())) > 0 && !(f.Check == engine.CheckListed && withdrawn[f.URL]) {
				continue
			}
			seen, ok := rep.Looks[f.URL]
			if !ok {
				seen = engine.Evidence{URL: f.URL, At: rep.Finished}
			}
			says, note := "本次检查未再发现。", "检查未再发现"
			if last, ok := rep.TakenDown(f.spot()); ok {
				seen, says, note = last, fmt.Sprintf("问题所在的网页已撤下：先后两次访问 %s，都没有这个网页（状态码 %d）。", last.URL, last.Status), "问题所在的网页已撤下"
			}
			seen.Edition = check.RuleEdition(f.Check)
			proof, err := insertProof(ctx, tx, Proof{Finding: f.ID, Run: id, Look: "patrol", Outcome: engine.Gone, Says: says, Evidence: seen})
			if err != nil {
				return err
			}
			if _, err := s.move(ctx, tx, f, "close", passage.Note{Says: note}, proof); err != nil {
				return err
			}
			closed++
		}
		forgotten, err := s.forget(ctx, tx, site.ID, &rep)
		if err != nil {
			return err
		}
		if err := keepWatched(ctx, tx, site.ID, id, rep.Watched); err != nil {
			return err
		}
		if err := siteFreed(ctx, tx, site.ID); err != nil {
			return err
		}
		found := len(rep.Findings) - remembered // a confirmed false alarm is none
		_, err = tx.Exec(ctx, `UPDATE inspection_run SET state = 'done', finished_at = $2, pages = $3, links = $4, found = $5, fresh = $6, closed = $7, untested = $8, bytes = $9, same = $10, census = $11, turn = $12 WHERE id = $1`,
			id, tx.Now(), rep.Pages, rep.Links, found, fresh, closed, string(untested), rep.Bytes, rep.Same, census, turn)
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "inspection.run.finish", Basis: "第十九条（四）", Target: site.Target(),
			After: map[string]any{"run": id, "pages": rep.Pages, "found": found, "fresh": fresh, "closed": closed, "false_alarms": remembered, "false_alarms_over": forgotten}})
	})
	if err != nil {
		return err
	}
	return s.probes.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Quiet(ctx, `DELETE FROM frontier WHERE run_id = $1`, id)
		return err
	})
}

// seenAgain notes that a finding still stands. What has grown worse is kept as
// evidence and told, as what is found is: an alarm that hangs on the grade has
// nothing else to go by. What is another fact at the same grade is kept as well.
func (s *Service) seenAgain(ctx context.Context, tx *db.Tx, f Finding, run RunID, sg engine.Sighting) (Finding, error) {
	also, err := json.Marshal(nonNil(sg.Also))
	if err != nil {
		return f, err
	}
	before := f.Says
	worse := worsens(sg, f)
	keep := worse
	if !worse && another(sg, f) {
		if keep, err = keptBefore(ctx, tx, f.ID, calendar.DateOf(tx.Now())); err != nil {
			return f, err
		}
	}
	was := f
	f.LastRun, f.LastSeen, f.Says, f.URL, f.Also, f.Pages, f.OnHome, f.Severity, f.Wrong = run, tx.Now(), sg.Says, sg.URL, nonNil(sg.Also), sg.Pages, sg.OnHome, sg.Severity, sg.Wrong
	f.near = abridge.Cut(sg.Near(), mostNear)
	if _, err := tx.Exec(ctx, `UPDATE finding SET last_seen = $2, last_run_id = $3, says = $4, page_url = $5, also = $6, pages = $7, on_home = $8, severity = $9, wrong = $10, near = $11 WHERE id = $1`,
		f.ID, f.LastSeen, db.Null(run), f.Says, f.URL, string(also), f.Pages, f.OnHome, f.Severity, f.Wrong, f.near); err != nil {
		return f, err
	}
	if err := keepWords(ctx, tx, was, f); err != nil || !keep {
		return f, err
	}
	if sg.Evidence.Edition == "" {
		sg.Evidence.Edition = check.RuleEdition(sg.Check)
	}
	proof, err := insertProof(ctx, tx, Proof{Finding: f.ID, Run: run, Look: "patrol", Outcome: engine.Standing, Says: sg.Says, Evidence: sg.Evidence})
	if err != nil {
		return f, err
	}
	f.Excerpt, f.Evidence, f.SHA256 = abridge.Cut(sg.Evidence.Excerpt, 2000), sg.Evidence.Ref, sg.Evidence.SHA256
	if _, err := tx.Exec(ctx, `UPDATE finding SET excerpt = $2, evidence_ref = $3, evidence_sha256 = $4 WHERE id = $1`, f.ID, f.Excerpt, string(f.Evidence), f.SHA256); err != nil || !worse {
		return f, err
	}
	return s.move(ctx, tx, f, "worsen", passage.Note{Says: "此前查到的是：" + abridge.Cut(before, 200)}, proof)
}

// mostNear is the longest place as a reader finds it, in characters.
const mostNear = 300

// worsens reports whether a sighting is graver than what stands.
func worsens(sg engine.Sighting, f Finding) bool {
	return engine.Rank(sg.Severity) < engine.Rank(f.Severity)
}

// another reports whether a sighting is of another fact than was last kept: of
// another grade, or other bytes where the bytes are what the check is about. Other
// pages change with every counter on them.
func another(sg engine.Sighting, f Finding) bool {
	if sg.Severity != f.Severity {
		return true
	}
	switch family, _, _ := strings.Cut(sg.Check, "."); family {
	case "change", "cloaked", "tamper", "attachment":
		return sg.Evidence.SHA256 != "" && sg.Evidence.SHA256 != f.SHA256
	}
	return false
}

// keptBefore reports whether the last look at a finding was kept before a day: one
// a day is enough of a page that is never twice the same.
func keptBefore(ctx context.Context, tx *db.Tx, id FindingID, day calendar.Date) (bool, error) {
	at, err := db.One(ctx, tx, db.Value[time.Time], `SELECT at FROM finding_evidence WHERE finding_id = $1 ORDER BY at DESC LIMIT 1`, id)
	if db.None(err) {
		return true, nil
	}
	return calendar.DateOf(at).Before(day), err
}

func nonNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// found files a new finding with its first proof.
func (s *Service) found(ctx context.Context, tx *db.Tx, of subject, run RunID, sg engine.Sighting, fp string) (Finding, error) {
	f := Finding{ID: FindingID(ulid.Make().String()), Site: of.site, Account: of.account, SiteName: of.name, Host: of.host, Platform: of.platform, Unit: of.unit, UnitName: of.unitName, Hosted: of.hosted, Run: run, LastRun: run,
		Check: sg.Check, Fingerprint: fp, Severity: sg.Severity, Clause: sg.Article, Says: sg.Says, URL: sg.URL, Where: abridge.Cut(sg.Where, 2000), Wrong: sg.Wrong, Also: nonNil(sg.Also), Pages: sg.Pages,
		OnHome: sg.OnHome, Excerpt: abridge.Cut(sg.Evidence.Excerpt, 2000), Fix: sg.Fix, Evidence: sg.Evidence.Ref, SHA256: sg.Evidence.SHA256, FirstSeen: tx.Now(), LastSeen: tx.Now(), State: FindingOpen, near: abridge.Cut(sg.Near(), mostNear)}
	if known, err := s.remembered(ctx, tx, of, sg, fp); err != nil {
		return f, err
	} else if known {
		return f, errRemembered
	}
	also, err := json.Marshal(f.Also)
	if err != nil {
		return f, err
	}
	f.hash = f.digest()
	_, err = tx.Exec(ctx, `
		INSERT INTO finding (id, site_id, account_id, run_id, last_run_id, check_id, fingerprint, severity, clause, says, page_url, place, wrong, also, pages, on_home, excerpt, fix,
		       evidence_ref, evidence_sha256, first_seen, last_seen, state, words_hash, near)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)`,
		f.ID, db.Null(f.Site), db.Null(f.Account), db.Null(f.Run), db.Null(f.LastRun), f.Check, f.Fingerprint, f.Severity, f.Clause, f.Says, f.URL, f.Where, f.Wrong, string(also), max(f.Pages, 1), f.OnHome, f.Excerpt, f.Fix,
		string(f.Evidence), f.SHA256, f.FirstSeen, f.LastSeen, f.State, f.hash, f.near)
	if err != nil {
		return f, fmt.Errorf("inspection: file finding: %w", err)
	}
	if err := recordWords(ctx, tx, f, f.hash); err != nil {
		return f, err
	}
	if _, _, err := FindingMachine.Take(ctx, tx, string(f.ID), "find", passage.Note{Says: abridge.Cut(f.Says, 200)}); err != nil {
		return f, err
	}
	if sg.Evidence.Edition == "" {
		sg.Evidence.Edition = check.RuleEdition(sg.Check)
	}
	if f.relapse, err = s.relapse(ctx, tx, of, fp); err != nil {
		return f, err
	}
	found := ruleMove{raised: 1}
	if f.relapse { // the same matter, which was not put right for good
		found = ruleMove{closed: -1}
	}
	if err := counted(ctx, tx, f.Check, found); err != nil {
		return f, err
	}
	if _, err := insertProof(ctx, tx, Proof{Finding: f.ID, Run: run, Look: "found", Outcome: engine.Standing, Says: sg.Says, Evidence: sg.Evidence}); err != nil {
		return f, err
	}
	if err := s.tell(ctx, tx, f, "find"); err != nil || !f.relapse {
		return f, err
	}
	return s.carryOn(ctx, tx, f)
}
