// Package tenancy keeps the 运维管理细则 of the intensive platforms (Article 28):
// who drafted them, what the residents said, who issued them, the receipts of
// the residents, and which sites live under them.
//
// It decides when rules may be issued and when a tenancy may open (the law is
// in sx2021.CheckRulesIssue and CheckTenancy). It does not decide what the rules
// say, and it moves no site: who builds sites asks InForce and Open first.
package tenancy
