package inspection

import (
	"context"
	"slices"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/inspection/engine"
)

// NoPicture is why a look that saw the defect has no picture of the page, in words that
// follow “没有截图：”; "" where there is one, or where none is looked for. check is that of
// the finding.
func (p Proof) NoPicture(check string) string {
	switch why := engine.Unpicturable(check); {
	case p.Screenshot != "":
		return ""
	case p.Unshot != "" || p.Outcome != engine.Standing:
		return p.Unshot
	case why != "":
		return why
	case p.Status == 0:
		return "这次查看没有打开网页"
	}
	return "当时没有记下原因"
}

// PictureNotes say of findings in scope that there is a picture, or why there is none.
func (s *Service) PictureNotes(ctx context.Context, q db.Querier, scope authz.Scope, ids []FindingID) (map[FindingID]string, error) {
	out := make(map[FindingID]string, len(ids))
	for part := range slices.Chunk(ids, proofsAtOnce) {
		var w db.Where
		scope.Where(&w, "u")
		cond, args := db.In("f.id", part)
		w.And(cond, args...)
		type look struct {
			check string
			Proof
		}
		list, err := db.All(ctx, q, func(r db.Scanner) (look, error) {
			var p look
			return p, r.Scan(&p.check, &p.Finding, &p.Outcome, &p.Status, &p.Screenshot, &p.Cleared, &p.Unshot)
		}, `SELECT f.check_id, e.finding_id, e.outcome, e.status, e.screenshot, e.cleared_at, e.unshot`+findingFrom+` JOIN finding_evidence e ON e.finding_id = f.id WHERE `+w.SQL()+` ORDER BY e.at, e.id`, w.Args()...)
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			switch {
			case out[p.Finding] == pictured:
			case p.Screenshot != "" && p.Cleared.IsZero():
				out[p.Finding] = pictured
			case p.Screenshot != "":
				out[p.Finding] = "没有：已按保存期限清除"
			case p.NoPicture(p.check) != "":
				out[p.Finding] = "没有：" + p.NoPicture(p.check)
			}
		}
	}
	return out, nil
}

const pictured = "有"
