package annual

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/passage"
)

// Entry is what a person enters for a cell.
type Entry struct {
	Value  string
	Source string
	Why    string // of a value instead of the counted one
	Remark string
}

// own refuses who does not belong to the unit that fills the form in.
func own(session *authz.Session, f Form) error {
	if !session.MayAt(authz.AnnualFill, string(f.Unit)) {
		return fault.New(fault.Refused, "年度报表由"+f.UnitName+"填报，不能代填。")
	}
	return nil
}

// MayFill reports whether the person may fill the form in now.
func (f Form) MayFill(session *authz.Session) bool { return f.Open() && own(session, f) == nil }

// MayReview reports whether the person may decide on the form: at the office it
// goes to or one above, and never who sent it.
func (f Form) MayReview(session *authz.Session) bool {
	return session.May(authz.AnnualReview) && f.In(session.ScopeFor(authz.AnnualReview)) && (f.Reviewer == f.Unit || slices.ContainsFunc(session.UnitsFor(authz.AnnualReview), func(u string) bool { return u != string(f.Unit) }))
}

// Type keeps what was typed for cells of a form, all or nothing. A value for a
// counted cell stands instead of the counted one, which is kept beside it, and
// asks for a reason; an empty value gives the cell back to the count.
func (s *Service) Type(ctx context.Context, scope authz.Scope, session *authz.Session, id FormID, entries map[string]Entry) error {
	f, err := s.load(ctx, s.DB, scope, id)
	if err != nil {
		return err
	}
	if err := own(session, f); err != nil {
		return err
	}
	def, err := version(f.Definition, f.Version)
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		if f, err = s.load(ctx, tx, scope, id); err != nil {
			return err
		}
		if !f.Open() {
			return fault.Newf(fault.Conflict, "这份报表现在是“%s”，不能修改；要改请先退回，已公开的请办理更正。", f.StateName())
		}
		x, err := s.frameOf(ctx, tx, f)
		if err != nil {
			return err
		}
		had, err := typedOf(ctx, tx, f.ID)
		if err != nil {
			return err
		}
		var wrong fault.Fields
		changed := map[string]Entry{}
		counted := map[string]string{}
		for cell, e := range entries {
			c, ok := def.Cell(cell)
			if !ok {
				return fault.Missing("单元格")
			}
			for _, p := range []*string{&e.Value, &e.Source, &e.Why, &e.Remark} {
				*p = strings.TrimSpace(*p)
			}
			t := had[cell]
			if e.Value == t.Value && e.Source == t.Source && e.Why == t.Why && e.Remark == t.Remark {
				continue
			}
			if c.Formula != nil && e.Value != "" {
				wrong.Add("v_"+cell, "“"+c.Name()+"”由本表计算，不能填写")
			}
			if says := c.refuses(e.Value); e.Value != "" && says != "" {
				wrong.Add("v_"+cell, "“"+c.Name()+"”"+says)
			}
			wrong.Text("s_"+cell, "“"+c.Name()+"”的来源", e.Source, false, 200)
			wrong.Text("w_"+cell, "“"+c.Name()+"”的更改理由", e.Why, false, 300)
			wrong.Text("r_"+cell, "“"+c.Name()+"”的说明", e.Remark, false, 300)
			if c.Counted() && e.Value != "" {
				fact, err := sources[c.Source].count(ctx, s, tx, x)
				if err != nil {
					return err
				}
				if fact.Missing == "" {
					counted[cell] = fact.Value
					wrong.Check(e.Why != "", "w_"+cell, "“"+c.Name()+"”系统统计为 "+cmp.Or(fact.Value, "空")+"，要改填请写明理由")
				}
			}
			if e.Value != "" && !c.Plain {
				wrong.Check(e.Source != "", "s_"+cell, "“"+c.Name()+"”是手工填报，请写明数据来源")
			}
			changed[cell] = e
		}
		if err := wrong.Err(); err != nil {
			return err
		}
		if len(changed) == 0 {
			return audit.Record(ctx, tx, audit.Entry{Act: "annual.keep", Basis: citation, Target: f.Target()})
		}
		for cell, e := range changed {
			if e == (Entry{}) {
				if _, err := tx.Exec(ctx, `DELETE FROM annual_cell WHERE form_id = $1 AND cell = $2`, f.ID, cell); err != nil {
					return err
				}
				continue
			}
			if _, err := tx.Exec(ctx, `INSERT INTO annual_cell (form_id, cell, value, source, why, counted, remark, kept_by, kept_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
				ON CONFLICT (form_id, cell) DO UPDATE SET value = excluded.value, source = excluded.source, why = excluded.why, counted = excluded.counted, remark = excluded.remark, kept_by = excluded.kept_by, kept_at = excluded.kept_at`,
				f.ID, cell, e.Value, e.Source, e.Why, counted[cell], e.Remark, session.Name, tx.Now()); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "annual.type", Basis: citation, Target: f.Target(), Before: had, After: changed})
	})
}

// Submit sends the form to the office above: counted for the last time and kept
// with its rows and their SHA-256. A year that still runs has no last figures; a
// gap or a contradiction is named and bars the way.
func (s *Service) Submit(ctx context.Context, scope authz.Scope, session *authz.Session, id FormID) error {
	f, err := s.load(ctx, s.DB, scope, id)
	if err != nil {
		return err
	}
	if err := own(session, f); err != nil {
		return err
	}
	today := calendar.DateOf(s.DB.Now())
	if !yearEnd(f.Year).Before(today) {
		return fault.Newf(fault.Refused, "%d 年还没有结束，%s以后才能报送；现在可以先核对数字。", f.Year, yearEnd(f.Year).Chinese())
	}
	if !f.Open() {
		return fault.Newf(fault.Conflict, "这份报表现在是“%s”，不能报送，请刷新后再看。", f.StateName())
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		if f, err = s.load(ctx, tx, scope, id); err != nil {
			return err
		}
		if !f.Open() {
			return fault.Newf(fault.Conflict, "这份报表刚被别人报送，现在是“%s”，请刷新后再看。", f.StateName())
		}
		d, err := s.fill(ctx, tx, f)
		if err != nil {
			return err
		}
		if err := d.refusal(); err != nil {
			return err
		}
		x := Snapshot{Kind: f.Kind, Year: f.Year, Edition: f.Edition, Object: f.Object, ObjectName: f.ObjectName, Unit: f.UnitName, Area: f.AreaName, Definition: f.Definition, Version: f.Version, CountedAt: tx.Now(), Until: d.Until, SubmittedBy: session.Name}
		at, err := s.frameOf(ctx, tx, f)
		if err != nil {
			return err
		}
		rows := map[string][]Row{}
		for _, l := range d.Lines {
			k := Kept{Cell: l.Cell.ID, Value: l.Value, Origin: l.Origin, Source: l.Source, Why: l.Typed.Why, Remark: l.Typed.Remark, Last: l.Last, Rows: l.Fact.Rows, Sum: l.Fact.Sum, Partial: l.Fact.Partial, Missing: l.Fact.Missing}
			if l.Origin == Instead {
				k.Counted = l.Fact.Value
			}
			if l.Cell.Counted() && l.Fact.Rows > 0 {
				list, n, err := s.rows(ctx, tx, at, l.Cell, most, 0)
				if err != nil {
					return err
				}
				if n > most {
					return fault.Newf(fault.TooLarge, "“%s”的明细超过 %d 行，不能留存，请联系系统管理员。", l.Cell.Name(), most)
				}
				rows[l.Cell.ID], k.Rows = list, n
			}
			x.Cells = append(x.Cells, k)
		}
		detail, err := json.Marshal(rows)
		if err != nil {
			return err
		}
		ref, err := s.Store.Put(ctx, bytes.NewReader(detail))
		if err != nil {
			return fmt.Errorf("annual: keep rows: %w", err)
		}
		x.RowsSHA256 = digest(detail)
		content, err := json.Marshal(x)
		if err != nil {
			return err
		}
		if _, f.State, err = Machine.Take(ctx, tx, string(id), "submit", passage.Note{}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE annual_form SET state = $2, content = $3, sha256 = $4, rows_ref = $5, submitted_id = $6, submitted_by = $7, submitted_at = $8, returned_why = '' WHERE id = $1`,
			id, f.State, string(content), digest(content), string(ref), session.PersonID, session.Name, tx.Now()); err != nil {
			return err
		}
		n := s.Settings().AnnualReviewWorkdays
		if err := s.Obligations.Open(ctx, tx, obligation.Debt{Kind: ReviewKind.ID, Unit: f.Reviewer, Subject: f.subject(), Link: f.Link(), Due: s.Days.Add(today, n), From: today, Length: calendar.WorkingDays(n)}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "annual.submit", Basis: citation, Target: f.Target(), After: map[string]string{"sha256": digest(content)}})
	})
}

// decide is what approving and returning share.
func (s *Service) decide(ctx context.Context, tx *db.Tx, scope authz.Scope, session *authz.Session, id FormID) (Form, error) {
	f, err := s.load(ctx, tx, scope, id)
	if err != nil {
		return f, err
	}
	switch {
	case !f.MayReview(session):
		return f, fault.Newf(fault.Refused, "这份报表由%s审核。", f.ReviewerName)
	case f.SubmittedID == session.PersonID:
		return f, fault.New(fault.Refused, "报送人不能审核自己报送的报表，请由他人审核。")
	}
	return f, nil
}

// Approve is the word of the office above on the form as it was submitted.
func (s *Service) Approve(ctx context.Context, scope authz.Scope, session *authz.Session, id FormID) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		f, err := s.decide(ctx, tx, scope, session, id)
		if err != nil {
			return err
		}
		if f.State == Submitted {
			if _, err := f.kept(); err != nil {
				return err
			}
		}
		if _, f.State, err = Machine.Take(ctx, tx, string(id), "approve", passage.Note{Says: f.SHA256}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE annual_form SET state = $2, approved_by = $3, approved_at = $4 WHERE id = $1`, id, f.State, session.Name, tx.Now()); err != nil {
			return err
		}
		if _, err := s.Obligations.Discharge(ctx, tx, ReviewKind.ID, f.subject(), session.Name+"审核通过"); err != nil {
			return err
		}
		if _, err := notify.Send(ctx, tx, notify.Message{Key: "annual:" + string(id) + ":approve:" + tx.Now().Format(time.RFC3339), Unit: string(f.Unit), Link: f.Link(), Title: "年度报表审核通过：" + f.ObjectName, Body: "请公开，并把公开网址填回全国系统。"}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "annual.approve", Basis: citation, Target: f.Target(), After: map[string]string{"sha256": f.SHA256}})
	})
}

// Return gives a form back with the reason.
func (s *Service) Return(ctx context.Context, scope authz.Scope, session *authz.Session, id FormID, why string) error {
	why = strings.TrimSpace(why)
	var wrong fault.Fields
	wrong.Text("why", "退回原因", why, true, 500)
	if err := wrong.Err(); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		f, err := s.decide(ctx, tx, scope, session, id)
		if err != nil {
			return err
		}
		if _, f.State, err = Machine.Take(ctx, tx, string(id), "return", passage.Note{Says: why}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE annual_form SET state = $2, returned_why = $3, content = '', sha256 = '', rows_ref = '', approved_by = '', approved_at = NULL WHERE id = $1`, id, f.State, why); err != nil {
			return err
		}
		if _, err := s.Obligations.Discharge(ctx, tx, ReviewKind.ID, f.subject(), session.Name+"退回："+why); err != nil {
			return err
		}
		if _, err := notify.Send(ctx, tx, notify.Message{Key: "annual:" + string(id) + ":return:" + tx.Now().Format(time.RFC3339), Unit: string(f.Unit), Link: f.Link(), Urgent: true, Title: "年度报表已退回：" + f.ObjectName, Body: why}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "annual.return", Basis: citation, Target: f.Target(), After: why})
	})
}

// Publish makes the approved form public: on the public pages of all hosted
// portals at once. What the address of the form is on the unit's own site is told
// by Address.
func (s *Service) Publish(ctx context.Context, scope authz.Scope, session *authz.Session, id FormID) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		f, err := s.load(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if err := own(session, f); err != nil {
			return err
		}
		if f.State == Approved {
			if _, err := f.kept(); err != nil {
				return err
			}
		}
		if _, f.State, err = Machine.Take(ctx, tx, string(id), "publish", passage.Note{}); err != nil {
			return err
		}
		today := calendar.DateOf(tx.Now())
		if _, err := tx.Exec(ctx, `UPDATE annual_form SET state = $2, published_by = $3, published_at = $4, published_on = $5 WHERE id = $1`, id, f.State, session.Name, tx.Now(), today); err != nil {
			return err
		}
		if _, err := s.Obligations.Discharge(ctx, tx, FormKind.ID, f.subject(), today.Chinese()+"公开，校验值 "+f.SHA256[:16]); err != nil {
			return err
		}
		n := s.Settings().AnnualAddressWorkdays
		if err := s.Obligations.Open(ctx, tx, obligation.Debt{Kind: AddressKind.ID, Unit: f.Unit, Subject: f.subject(), Link: f.Link(), Due: s.Days.Add(today, n), From: today, Length: calendar.WorkingDays(n)}); err != nil {
			return err
		}
		if err := s.replaceBefore(ctx, tx, f); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, f); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "annual.publish", Basis: citation, Target: f.Target(), After: map[string]string{"sha256": f.SHA256}})
	})
}

// replaceBefore marks the edition that a correction takes the place of; it stays
// readable.
func (s *Service) replaceBefore(ctx context.Context, tx *db.Tx, f Form) error {
	if f.Edition == 1 {
		return nil
	}
	list, err := db.All(ctx, tx, scanForm, formSelect+formFrom+` WHERE f.kind = $1 AND f.object_id = $2 AND f.year = $3 AND f.edition < $4 AND f.state IN ('published', 'addressed')`, f.Kind, f.Object, f.Year, f.Edition)
	if err != nil {
		return err
	}
	for _, o := range list {
		_, to, err := Machine.Take(ctx, tx, string(o.ID), "replace", passage.Note{Says: f.Why})
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE annual_form SET state = $2 WHERE id = $1`, o.ID, to); err != nil {
			return err
		}
		if _, err := s.Obligations.Annul(ctx, tx, AddressKind.ID, o.subject(), "已由更正版代替"); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, o); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "annual.replace", Basis: citation, Target: o.Target(), After: f.Why}); err != nil {
			return err
		}
	}
	return nil
}

// Correct begins a further edition of a published form, with what was typed in
// the one before. The public page says why.
func (s *Service) Correct(ctx context.Context, scope authz.Scope, session *authz.Session, id FormID, why string) (n Form, err error) {
	why = strings.TrimSpace(why)
	var wrong fault.Fields
	wrong.Text("why", "更正原因", why, true, 300)
	if err := wrong.Err(); err != nil {
		return n, err
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		f, err := s.load(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if err := own(session, f); err != nil {
			return err
		}
		if f.State != Published && f.State != Addressed {
			return fault.Newf(fault.Conflict, "这份报表现在是“%s”，不是已公开的最新一版，不能更正。", f.StateName())
		}
		n = f
		n.ID, n.Edition, n.Why, n.DueOn = FormID(ulid.Make().String()), f.Edition+1, why, calendar.Date{}
		if _, n.State, err = Machine.Take(ctx, tx, string(n.ID), "correct", passage.Note{Says: why}); err != nil {
			return err
		}
		if err := s.insert(ctx, tx, n, "annual.correct"); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO annual_cell (form_id, cell, value, source, why, counted, remark, kept_by, kept_at) SELECT $1, cell, value, source, why, counted, remark, kept_by, kept_at FROM annual_cell WHERE form_id = $2`, n.ID, f.ID)
		return err
	})
	return n, err
}

// Address records where the form stands in public, as written back into the
// national system. An address that this house serves is looked at; another is
// taken down as told.
func (s *Service) Address(ctx context.Context, scope authz.Scope, session *authz.Session, id FormID, address string, on calendar.Date) error {
	f, err := s.load(ctx, s.DB, scope, id)
	if err != nil {
		return err
	}
	if err := own(session, f); err != nil {
		return err
	}
	address = strings.TrimSpace(address)
	today := calendar.DateOf(s.DB.Now())
	var wrong fault.Fields
	u, perr := url.Parse(address)
	wrong.Check(perr == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil && len(address) <= 500, "address", "请填写报表公开页的完整网址，以 http:// 或 https:// 开头")
	wrong.Check(!on.IsZero() && !on.After(today), "on", "请填写填回全国系统的日期，不晚于今天")
	if f.Public() {
		wrong.Check(on.IsZero() || !on.Before(f.PublishedOn), "on", "填回日期不能早于公开日期"+f.PublishedOn.Chinese())
	}
	if err := wrong.Err(); err != nil {
		return err
	}
	seen, err := s.look(ctx, f, u)
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		if f, err = s.load(ctx, tx, scope, id); err != nil {
			return err
		}
		if _, f.State, err = Machine.Take(ctx, tx, string(id), "address", passage.Note{Says: address}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE annual_form SET state = $2, address = $3, address_on = $4, address_by = $5, address_seen = $6 WHERE id = $1`, id, f.State, address, on, session.Name, seen); err != nil {
			return err
		}
		if _, err := s.Obligations.Discharge(ctx, tx, AddressKind.ID, f.subject(), on.Chinese()+"填回 "+address); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, f); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "annual.address", Basis: citation, Target: f.Target(), After: map[string]any{"address": address, "on": on, "seen": seen}})
	})
}

// look fetches an address that this house serves and says what it found; an
// address elsewhere is not dialled.
func (s *Service) look(ctx context.Context, f Form, u *url.URL) (string, error) {
	if s.Fetch == nil || s.Ours == nil {
		return "没有打开核对，按填报登记", nil
	}
	ours, err := s.Ours(ctx, strings.ToLower(u.Hostname()))
	if err != nil {
		return "", err
	}
	if !ours {
		return "不由本平台承载，没有打开核对，按填报登记", nil
	}
	got, err := s.Fetch.Get(ctx, u.String(), egress.Options{MaxBody: 1 << 20})
	switch {
	case err != nil:
		return "", fault.New(fault.Invalid, "打不开这个网址，请核对后再登记。").On("address", "打不开这个网址，请复制公开页地址栏里的网址").From(err)
	case got.Status != 200:
		return "", fault.Newf(fault.Invalid, "这个网址返回 %d，不是公开页，请核对后再登记。", got.Status).On("address", "请复制公开页地址栏里的网址")
	case !bytes.Contains(got.Body, []byte("年度报表")):
		return "", fault.New(fault.Invalid, "打开了这个网址，但页面上没有“年度报表”，请核对后再登记。").On("address", "请复制报表公开页的网址，而不是首页的网址")
	}
	return "已打开核对，页面上有年度报表", nil
}

// MostUrged bounds one act of Urge.
const MostUrged = 500

// Urge reminds the units below of the forms found that are not public: once a
// day for each, by name of the office that urges. It returns how many were told.
func (s *Service) Urge(ctx context.Context, scope authz.Scope, session *authz.Session, n Filter) (int, error) {
	if !session.May(authz.AnnualReview) {
		return 0, fault.New(fault.Refused, "年度报表由主管单位催报。")
	}
	if n.State == "" {
		n.State = "open"
	}
	if n.State != "open" && n.State != "late" && n.State != Draft && n.State != Returned && n.State != Approved {
		return 0, fault.New(fault.Invalid, "只能催报填报中、已退回、待公开或超期的报表，请先按状态筛选。").On("state", "请选择填报中、已退回、待公开或超期")
	}
	unit, name := session.Unit()
	told := 0
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		told = 0
		w := s.where(scope, n)
		w.And("f.unit_id <> ? AND u.abolished_on IS NULL AND f.state <> 'submitted'", unit)
		list, err := db.All(ctx, tx, scanForm, formSelect+formFrom+` WHERE `+w.SQL()+` ORDER BY f.id LIMIT `+w.Arg(MostUrged+1), w.Args()...)
		if err != nil {
			return err
		}
		if len(list) > MostUrged {
			return fault.Newf(fault.TooLarge, "筛选结果超过 %d 份，请加上报表、状态或单位条件分次催报。", MostUrged)
		}
		today := calendar.DateOf(tx.Now())
		for _, f := range list {
			body := "请抓紧填报。依据：" + citation + "。"
			if !f.DueOn.IsZero() {
				body = "应于" + f.DueOn.Chinese() + "前公开，现在是“" + f.StateName() + "”，请抓紧办理。依据：" + citation + "。"
			}
			fresh, err := notify.Send(ctx, tx, notify.Message{Key: "annual:" + string(f.ID) + ":urge:" + today.String(), Unit: string(f.Unit), Link: f.Link(), Urgent: f.Missed(today), Title: name + "催报：" + f.ObjectName + " " + f.Title(), Body: body})
			if err != nil {
				return err
			}
			if fresh {
				told++
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "annual.urge", Basis: citation, Target: audit.Target{Kind: "annual_form", Name: "年度报表催报", Unit: unit}, After: map[string]any{"filter": n, "told": told}})
	})
	return told, err
}
