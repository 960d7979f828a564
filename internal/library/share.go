package library

import (
	"context"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/workbench"
)

// States of a request for leave to show an item (有条件共享).
const (
	ShareAsked   = "asked"
	ShareGranted = "granted"
	ShareRefused = "refused"
	ShareVoid    = "void"
)

// ShareMachine declares what may become of a request.
var ShareMachine = passage.Machine{Kind: "share_request", Noun: "采用申请",
	States: map[string]string{ShareAsked: "待答复", ShareGranted: "已同意", ShareRefused: "未同意", ShareVoid: "已失效"},
	Moves: []passage.Move{
		{To: ShareAsked, Act: "ask", Says: "申请采用", Guard: "稿件为有条件共享", Permit: string(authz.ColumnManage)},
		{From: ShareAsked, Act: "grant", To: ShareGranted, Says: "同意采用", Permit: string(authz.ItemWithdraw)},
		{From: ShareAsked, Act: "refuse", To: ShareRefused, Says: "不同意采用", Guard: "写明理由", Permit: string(authz.ItemWithdraw)},
		{From: ShareAsked, Act: "void", To: ShareVoid, Says: "失效", Guard: "稿件已撤稿", Permit: "system"},
	}}

// ShareRequest asks the owner of an item for leave to show it in a column.
type ShareRequest struct {
	ID     string
	Item   ItemID
	Site   registry.SiteID
	Column registry.ColumnID
	Title  string
	Top    int
	At     time.Time // wanted time; zero for at once
	Reason string
	State  string

	AskedBy, AskedName       string
	AskedAt                  time.Time
	AnsweredBy, AnsweredName string
	AnsweredAt               time.Time
	Answer                   string

	// Joined.
	ItemTitle, SiteName, ColumnName, OwnerName, AskerName string
	Owner, Asker                                          org.UnitID
	Terms                                                 string
}

// Link is the list the request stands in.
func (r ShareRequest) Link() string { return "/console/share-requests" }

const shareSelect = `
	SELECT r.id, r.item_id, r.site_id, r.column_id, r.title, r.top, r.publish_at, r.reason, r.state, r.asked_by, r.asked_name, r.asked_at, r.answered_by, r.answered_name, r.answered_at, r.answer,
	       v.title, st.name, c.name, ou.name, au.name, ou.id, au.id
	  FROM share_request r JOIN item i ON i.id = r.item_id JOIN item_version v ON v.item_id = i.id AND v.no = i.version JOIN unit ou ON ou.id = i.unit_id
	  JOIN site st ON st.id = r.site_id JOIN unit au ON au.id = st.unit_id JOIN site_column c ON c.id = r.column_id`

func scanShare(r db.Scanner) (ShareRequest, error) {
	var n ShareRequest
	return n, r.Scan(&n.ID, &n.Item, &n.Site, &n.Column, &n.Title, &n.Top, &n.At, &n.Reason, &n.State, &n.AskedBy, &n.AskedName, &n.AskedAt, &n.AnsweredBy, &n.AnsweredName, &n.AnsweredAt, &n.Answer,
		&n.ItemTitle, &n.SiteName, &n.ColumnName, &n.OwnerName, &n.AskerName, &n.Owner, &n.Asker)
}

// ErrAskFirst is the cause of a refusal that the owner's leave would lift.
var ErrAskFirst = fmt.Errorf("library: the owner has to be asked first")

// mayShare respects the share attribute: a unit's own sites always may, others
// as it says.
func (s *Service) mayShare(ctx context.Context, q db.Querier, it Item, site registry.Site) error {
	if site.Unit == it.Unit {
		return nil
	}
	switch it.Share {
	case NoShare:
		return fault.Newf(fault.Refused, "“%s”由%s设为不予共享，其他单位的网站不能采用。", it.Title, it.UnitName).
			Because(fault.Reason{ID: "S27.1", Citation: "陕政公开办〔2021〕18号 第二十七条", Says: "按稿件的共享属性使用；确需使用的，请与提供单位联系。"})
	case Conditional:
		granted, err := db.One(ctx, q, db.Value[int], `SELECT count(*) FROM share_request WHERE item_id = $1 AND site_id = $2 AND state = 'granted'`, it.ID, site.ID)
		if err != nil {
			return err
		}
		if granted == 0 {
			terms := ""
			if t := it.ShareTerms; t != "" {
				terms = "（" + t + "）"
			}
			return fault.Newf(fault.Refused, "“%s”为有条件共享%s，要先征得%s同意。", it.Title, terms, it.UnitName).
				On("reason", "请写明用途，提交采用申请；对方同意后自动显示在所选栏目").From(ErrAskFirst)
		}
	}
	return nil
}

// AskShare asks the owner for leave to show a conditionally shared item as the
// adoption says. The owner is told; on a yes the item is shown.
func (s *Service) AskShare(ctx context.Context, scope authz.Scope, a Adoption, reason string) (ShareRequest, error) {
	reason = manyLines(reason)
	var f fault.Fields
	f.Check(reason != "" && len([]rune(reason)) <= 500, "reason", "请写明用途，500 字以内")
	if err := f.Err(); err != nil {
		return ShareRequest{}, err
	}
	person, name, err := writer(ctx)
	if err != nil {
		return ShareRequest{}, err
	}
	var n ShareRequest
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if err := a.tidy(tx.Now()); err != nil {
			return err
		}
		it, c, site, err := s.adoptable(ctx, tx, scope, a)
		if err != nil {
			return err
		}
		switch err := s.mayShare(ctx, tx, it, site); {
		case err == nil:
			return fault.New(fault.Conflict, "这篇稿件不需要申请，可以直接采用。")
		case it.Share != Conditional:
			return err
		}
		id := ulid.Make().String()
		if _, err := tx.Exec(ctx, `INSERT INTO share_request (id, item_id, site_id, column_id, title, top, publish_at, reason, state, asked_by, asked_name, asked_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'asked', $9, $10, $11)`, id, it.ID, site.ID, c.ID, a.Title, a.Top, a.At, reason, person, name, tx.Now()); err != nil {
			if _, dup := db.UniqueViolation(err); dup {
				return fault.New(fault.Conflict, "已经为这个栏目提出过申请，正等待对方答复。").From(err)
			}
			return err
		}
		if _, _, err := ShareMachine.Take(ctx, tx, id, "ask", passage.Note{Says: reason}); err != nil {
			return err
		}
		if n, err = db.One(ctx, tx, scanShare, shareSelect+` WHERE r.id = $1`, id); err != nil {
			return err
		}
		if err := notify.SendAll(ctx, tx, []notify.Message{{Key: "share:" + id + ":asked", Unit: string(it.Unit), Title: "申请采用：" + it.Title,
			Body: fmt.Sprintf("%s申请在“%s / %s”显示这篇稿件。用途：%s。请答复同意或不同意。", n.AskerName, n.SiteName, n.ColumnName, reason), Link: n.Link()}}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "library.share.ask", Basis: "第二十七条", Target: it.Target(), After: map[string]any{"request": id, "column": c.ID, "reason": reason}})
	})
	return n, err
}

// AnswerShare answers a request about an item in scope. A yes shows the item in
// the same transaction, as it was asked.
func (s *Service) AnswerShare(ctx context.Context, scope authz.Scope, id string, grant bool, says string) (ShareRequest, error) {
	says = manyLines(says)
	if !grant && says == "" || len([]rune(says)) > 500 {
		return ShareRequest{}, fault.New(fault.Invalid, "不同意采用要写明理由。").On("says", "请写明理由，500 字以内")
	}
	person, name, err := writer(ctx)
	if err != nil {
		return ShareRequest{}, err
	}
	var n ShareRequest
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		n, err = db.One(ctx, tx, scanShare, shareSelect+` WHERE r.id = $1`, id)
		if db.None(err) {
			return fault.Missing("采用申请")
		}
		if err != nil {
			return err
		}
		it, err := s.ItemTx(ctx, tx, scope, n.Item)
		if fault.Is(err, fault.NotFound) {
			return fault.Missing("采用申请")
		}
		if err != nil {
			return err
		}
		if n.State != ShareAsked {
			return fault.New(fault.Conflict, "这项申请"+ShareMachine.Name(n.State)+"，不能再答复。请刷新后再看。")
		}
		act, state, word := "refuse", ShareRefused, "不同意"
		if grant {
			act, state, word = "grant", ShareGranted, "同意"
		}
		if _, _, err := ShareMachine.Take(ctx, tx, id, act, passage.Note{Says: says}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE share_request SET state = $2, answered_by = $3, answered_name = $4, answered_at = $5, answer = $6 WHERE id = $1`, id, state, person, name, tx.Now(), says); err != nil {
			return err
		}
		n.State, n.Answer, n.AnsweredName, n.AnsweredAt = state, says, name, tx.Now()
		if err := audit.Record(ctx, tx, audit.Entry{Act: "library.share." + act, Basis: "第二十七条", Target: it.Target(), After: map[string]any{"request": id, "site": n.Site, "says": says}}); err != nil {
			return err
		}
		body := n.OwnerName + word + "在“" + n.SiteName + " / " + n.ColumnName + "”显示这篇稿件。"
		if says != "" {
			body += "说明：" + says + "。"
		}
		if grant {
			// The asker's scope was held when it was asked.
			a := Adoption{Item: n.Item, Column: n.Column, Title: n.Title, Top: n.Top, At: n.At}
			if _, err := s.AdoptTx(ctx, tx, authz.System("library.share"), a); err != nil {
				return err
			}
		}
		return notify.SendAll(ctx, tx, []notify.Message{{Key: "share:" + id + ":" + state, Unit: string(n.Asker), Title: word + "采用：" + n.ItemTitle, Body: body, Link: "/console/columns/" + string(n.Column)}})
	})
	return n, err
}

// voidShares ends the requests about an item that is public no more.
func (s *Service) voidShares(ctx context.Context, tx *db.Tx, id ItemID, why string) error {
	open, err := db.All(ctx, tx, scanShare, shareSelect+` WHERE r.item_id = $1 AND r.state = 'asked' ORDER BY r.id`, id)
	if err != nil {
		return err
	}
	for _, n := range open {
		if _, _, err := ShareMachine.Take(ctx, tx, n.ID, "void", passage.Note{Says: why}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE share_request SET state = 'void', answered_at = $2, answer = $3 WHERE id = $1`, n.ID, tx.Now(), why); err != nil {
			return err
		}
		if err := notify.SendAll(ctx, tx, []notify.Message{{Key: "share:" + n.ID + ":void", Unit: string(n.Asker), Title: "采用申请失效：" + n.ItemTitle, Body: why + "。", Link: "/console/columns/" + string(n.Column)}}); err != nil {
			return err
		}
	}
	return nil
}

// Boxes of ShareRequests.
const (
	SharesToAnswer = "answer" // about items in scope
	SharesAsked    = "asked"  // for columns in scope
)

// ShareRequests of a box, newest first, and how many; open ones first.
func (s *Service) ShareRequests(ctx context.Context, scope authz.Scope, box string, limit, offset int) ([]ShareRequest, int, error) {
	var w db.Where
	alias := "ou"
	if box == SharesAsked {
		alias = "au"
	}
	scope.Where(&w, alias)
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM share_request r JOIN item i ON i.id = r.item_id JOIN unit ou ON ou.id = i.unit_id JOIN site st ON st.id = r.site_id JOIN unit au ON au.id = st.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.db, scanShare, shareSelect+` WHERE `+w.SQL()+` ORDER BY CASE WHEN r.state = 'asked' THEN 0 ELSE 1 END, r.asked_at DESC, r.id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
	return list, total, err
}

// shareTasks are the requests that wait for the person's answer.
func (s *Service) shareTasks(ctx context.Context, session *authz.Session, limit int) ([]workbench.Task, error) {
	if !session.May(authz.ItemWithdraw) {
		return nil, nil
	}
	var w db.Where
	session.ScopeFor(authz.ItemWithdraw).Where(&w, "ou")
	list, err := db.All(ctx, s.db, scanShare, shareSelect+` WHERE `+w.And("r.state = 'asked'").SQL()+` ORDER BY r.asked_at, r.id LIMIT `+w.Arg(limit), w.Args()...)
	var out []workbench.Task
	for _, n := range list {
		out = append(out, workbench.Task{Key: "share:" + n.ID, Kind: "采用申请", Title: n.AskerName + "申请采用：" + n.ItemTitle, From: n.AskerName, At: n.AskedAt, State: "待答复", Link: n.Link(), Act: "去答复", Minutes: 3})
	}
	return out, err
}
