package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/prose"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// spare is the number of the move-in that is approved and has no list yet: the
// next list imported into the provincial portal comes live under it.
const spare = "演示迁入-shaanxi-2"

// moveIn brings the written pieces live, column by column: each column has its
// own list and so its own approved case.
func (d *province) moveIn(ctx context.Context) error {
	for _, h := range hosted {
		site := d.sites[h.site.Slug]
		list, err := pieces(site.Slug, d.DB.Now())
		if err != nil {
			return err
		}
		lists := map[string]*bytes.Buffer{}
		for _, p := range list {
			if lists[p.column] == nil {
				lists[p.column] = &bytes.Buffer{}
			}
			row := map[string]any{"important": p.kind == string(library.Policy), "ref": p.ref, "type": p.kind, "title": p.title, p.form(): p.body(), "source": p.source, "issuer": p.issuer, "doc_no": p.doc,
				"published": p.published.In(calendar.Shanghai).Format("2006-01-02 15:04")}
			if p.doc != "" {
				row["written"] = calendar.DateOf(p.published).String()
				row["index_no"] = "演示" + strings.TrimPrefix(p.ref, "demo")
			}
			if err := json.NewEncoder(lists[p.column]).Encode(row); err != nil {
				return err
			}
		}
		for _, c := range columns {
			if lists[c.Slug] == nil {
				continue
			}
			if err := d.moveColumn(ctx, h.keeper, site, c.Slug, lists[c.Slug].Bytes()); err != nil {
				return fmt.Errorf("%s/%s: %w", site.Slug, c.Slug, err)
			}
		}
	}
	return d.admit(ctx, "shengbian", d.sites["shaanxi"], spare)
}

func (d *province) moveColumn(ctx context.Context, keeper string, site registry.Site, slug string, list []byte) error {
	number := "演示迁入-" + site.Slug + "-" + slug
	column, err := d.Registry.ColumnBySlug(ctx, d.DB, authz.System("demo"), site.ID, slug)
	if err != nil {
		return err
	}
	n, err := d.Library.CountLive(ctx, d.DB, column.ID)
	if err != nil || n > 0 { // a list comes in within one transaction
		return err
	}
	if err := d.admit(ctx, keeper, site, number); err != nil {
		return err
	}
	ctx, scope, err := d.scoped(ctx, keeper, authz.ItemWrite)
	if err != nil {
		return err
	}
	rep, err := d.Library.ImportItems(ctx, scope, bytes.NewReader(list), library.ImportOptions{Publish: &library.Target{Site: site.ID, Column: column.ID, Case: number}})
	return whole(number, rep, err)
}

// admit records an approved move-in, once.
func (d *province) admit(ctx context.Context, keeper string, site registry.Site, number string) error {
	ctx, scope, err := d.scoped(ctx, keeper, authz.ItemWrite)
	if err != nil {
		return err
	}
	err = d.DB.Update(ctx, func(tx *db.Tx) error {
		_, err := d.Library.AdmitMoveIn(ctx, tx, scope, library.MoveIn{Site: site.ID, Number: number, Dated: calendar.DateOf(tx.Now())})
		return err
	})
	if fault.Is(err, fault.Conflict) {
		return nil
	}
	return err
}

// link ties interpretations to their policy files (Article 14(3)).
func (d *province) link(ctx context.Context) error {
	for _, h := range hosted {
		ctx, scope, err := d.scoped(ctx, h.keeper, authz.ItemWrite)
		if err != nil {
			return err
		}
		list, err := pieces(h.site.Slug, d.DB.Now())
		if err != nil {
			return err
		}
		items := map[string]library.Item{}
		for _, t := range []library.Type{library.Policy, library.Interpretation} {
			found, _, err := d.Library.Items(ctx, scope, library.Filter{Type: t, Unit: d.units[h.sponsor].ID, Limit: 100})
			if err != nil {
				return err
			}
			for _, i := range found {
				items[i.Ref] = i
			}
		}
		for _, p := range list {
			if p.of == "" {
				continue
			}
			for _, policy := range list {
				if policy.kind != "policy" || !strings.Contains(policy.title, p.of) {
					continue
				}
				form := "文字"
				if strings.Contains(p.title, "图") {
					form = "图解"
				}
				linked, err := d.Library.Linked(ctx, d.DB, items[p.ref].ID)
				if err != nil {
					return err
				}
				if len(linked) > 0 {
					continue
				}
				if err := d.Library.LinkInterpretation(ctx, scope, items[policy.ref].ID, items[p.ref].ID, form); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// written is an item that goes through review at the city's portal.
type written struct {
	column, title, text, mended string
	returned                    string // what the first reviewer said in the first round
	want                        string // where it shall stand: a state, or a stage of the review
}

var drafts = []written{
	{"news", "全市便民服务中心统一延长办事时间（演示）", "自下周起，各区县便民服务中心工作日中午不休息，周六上午照常办理。\n\n办理事项和咨询电话在各中心门口公示。",
		"", "", library.Approved},
	{"notices", "关于开展冬季供暖服务监督的公告（演示）", "供暖期间，市民对供暖温度和服务有意见的，可以通过本网站“互动交流”栏目反映。",
		"供暖期间，市民对供暖温度和服务有意见的，可以通过本网站“互动交流”栏目反映，承办单位在五个工作日内答复。\n\n各供暖单位应当公布值班电话，安排专人接听。",
		"请补充答复时限和供暖单位的责任。", library.Approved},
	{"news", "市图书馆开设银发读者服务日（演示）", "每月第一个星期三为银发读者服务日，馆内安排志愿者协助借阅和使用自助设备。\n\n读者可以凭有效身份证件到一楼服务台登记。",
		"", "", string(sx2021.FirstReview)},
	{"news", "全市背街小巷路灯补装完成（演示）", "路灯补装覆盖三百余条背街小巷，由各街道办事处逐条验收。\n\n发现路灯不亮的，可以拨打服务热线反映。",
		"", "", string(sx2021.FinalReview)},
	{"notices", "关于公共自行车调整还车点的公告（演示）", "因道路施工，部分公共自行车还车点临时调整，请市民按照现场指引还车。",
		"", "请写明调整的起止日期和具体还车点。", library.Returned},
}

// review takes the drafts through their review as far as each shall go. The
// state of an item says what is to be done next, so it goes on from anywhere.
func (d *province) review(ctx context.Context) error {
	site := d.sites["xian"]
	for _, w := range drafts {
		for range 12 {
			done, err := d.advance(ctx, site, w)
			if err != nil {
				return fmt.Errorf("%s: %w", w.title, err)
			}
			if done {
				break
			}
		}
	}
	return nil
}

func (d *province) advance(ctx context.Context, site registry.Site, w written) (done bool, err error) {
	author, scope, err := d.scoped(ctx, "shibian", authz.ItemWrite)
	if err != nil {
		return false, err
	}
	found, _, err := d.Library.Items(author, scope, library.Filter{Text: w.title, Unit: site.Unit})
	if err != nil {
		return false, err
	}
	if len(found) == 0 {
		writing, err := d.writing(ctx, site, w, w.text)
		if err != nil {
			return false, err
		}
		_, err = d.Library.Create(author, scope, writing)
		return false, err
	}
	it := found[0]
	switch {
	case it.State == w.want || it.State == library.InReview && it.Stage == w.want:
		return true, nil
	case it.State == library.Returned && it.Version == 1:
		writing, err := d.writing(ctx, site, w, w.mended)
		if err != nil {
			return false, err
		}
		writing.Note = "按初审意见修改"
		_, err = d.Library.Save(author, scope, it.ID, it.Version, writing)
		return false, err
	case it.State == library.Draft || it.State == library.Returned:
		_, err = d.Library.Submit(author, scope, it.ID, library.Submission{Version: it.Version})
		return false, err
	case it.State == library.InReview && it.Stage == string(sx2021.FirstReview):
		n := library.Decision{Round: it.Round, Stage: it.Stage, Act: library.Pass}
		if w.returned != "" && it.Round == 1 {
			n.Act, n.Opinion = library.Return, w.returned
		}
		reviewer, scope, err := d.scoped(ctx, "shichu", authz.ItemFirstReview)
		if err != nil {
			return false, err
		}
		_, err = d.Library.Review(reviewer, scope, it.ID, n)
		return false, err
	case it.State == library.InReview && it.Stage == string(sx2021.FinalReview):
		gates := map[sx2021.Gate]bool{}
		for _, g := range sx2021.Gates() {
			gates[g] = true
		}
		reviewer, scope, err := d.scoped(ctx, "shizhong", authz.ItemFinalReview)
		if err != nil {
			return false, err
		}
		_, err = d.Library.Review(reviewer, scope, it.ID, library.Decision{Round: it.Round, Stage: it.Stage, Act: library.Pass, Gates: gates,
			Declarations: sx2021.Declarations{InDuty: true, SourceKnown: true, NothingSensitive: true, NothingSecret: true, NoOpinion: true, NoAdvertising: true}})
		return false, err
	}
	return false, fmt.Errorf("stands at %s, not on the way to %s", it.StateName(), w.want)
}

func (d *province) writing(ctx context.Context, site registry.Site, w written, text string) (library.Writing, error) {
	column, err := d.Registry.ColumnBySlug(ctx, d.DB, authz.System("demo"), site.ID, w.column)
	if err != nil {
		return library.Writing{}, err
	}
	doc, err := prose.FromText(text)
	if err != nil {
		return library.Writing{}, err
	}
	kind := library.News
	if w.column == "notices" {
		kind = library.Notice
	}
	return library.Writing{Meta: library.Meta{Type: kind, Origin: library.Original, Title: w.title, Source: "市政府办公厅", Keywords: "演示"},
		Doc: doc, Unit: site.Unit, Columns: []registry.ColumnID{column.ID}}, nil
}

// publish makes the releases now, so that the first visitor finds the portals.
func (d *province) publish(ctx context.Context) error {
	for _, h := range hosted {
		if err := d.Publisher.Publish(ctx, d.sites[h.site.Slug].ID); err != nil {
			return err
		}
	}
	return nil
}
