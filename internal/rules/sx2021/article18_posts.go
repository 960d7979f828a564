package sx2021

import "zhengshu/internal/rules"

// The rules of Article 18, and of Article 19(2) for the posts of an object.
var (
	PostHolder     = rule("S18.1.holder", "第十八条", "各级主管、主办单位要配备足够工作力量负责本地区、本部门、本系统政府网站与政务新媒体的日常监管和运维工作，做到专岗专责")
	LeaderInCharge = rule("S18.2.leader", "第十八条", "领导班子中要明确一名主管领导，具体分管组织领导、协调推进和监督管理等工作")
	ObjectAB       = rule("S19.2.posts_ab", "第十九条（二）", "明确内容更新周期、保障单位、AB岗等关键要素")
)

// Roster is what is known of the posts of one unit. Persons are the caller's
// ids; empty is vacant.
type Roster struct {
	// Supervises or Sponsors: the unit is bound by Article 18.
	Supervises, Sponsors bool
	LeaderInCharge       string
}

// CheckLeader applies the second sentence of Article 18: exactly one leader in
// charge for every supervisor and sponsor. The ledger holds that there are not
// two.
func CheckLeader(r Roster) []rules.Breach {
	if !r.Supervises && !r.Sponsors || !blank(r.LeaderInCharge) {
		return nil
	}
	return []rules.Breach{LeaderInCharge.Breach("没有明确分管领导，请在领导班子中明确一名并登记。")}
}

// ObjectPosts are the named post-holders of one site, account or app.
type ObjectPosts struct{ A, B string }

// CheckObjectPosts applies Article 18 to one object: at least one named
// post-holder; and Article 19(2): A and B are two persons. A missing B is no
// breach of Article 18, the ledger lists it.
func CheckObjectPosts(o ObjectPosts) []rules.Breach {
	switch {
	case blank(o.A) && blank(o.B):
		return []rules.Breach{PostHolder.Breach("没有明确专岗责任人，请指定A岗（并配备B岗）。")}
	case o.A == o.B:
		return []rules.Breach{ObjectAB.Breach("A岗和B岗是同一人，请另选一人。")}
	}
	return nil
}
