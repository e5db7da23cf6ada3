// The terms of each plan in each language, as data. A change of any word needs a new terms_version in plans.cpp; the
// hash in every quote covers all texts, so that a forgotten version is still noticed.
#include <algorithm>
#include <array>
#include <span>

#include "credit/plans.h"

namespace karv::credit {
namespace {

using identity::Language;

struct TermsRow {
  Plan plan;
  Language language;
  std::string_view late;
  Terms terms;
};

std::array<TermsRow, 3> pay_now_terms() {
  return {{
      {Plan::pay_now,
       Language::en,
       "",
       {"Pay now by card",
        {"Your card is charged when the shop ships your order, for what is shipped and never for more than you "
         "approved.",
         "This is not credit. There is no interest and no fee.",
         "If you return something, the money goes back to the same card."}}},
      {Plan::pay_now,
       Language::sv,
       "",
       {"Betala nu med kort",
        {"Kortet debiteras när butiken skickar din beställning, för det som skickas och aldrig för mer än du godkänt.",
         "Detta är inte kredit. Det finns ingen ränta och ingen avgift.",
         "Om du returnerar något går pengarna tillbaka till samma kort."}}},
      {Plan::pay_now,
       Language::de,
       "",
       {"Jetzt mit Karte bezahlen",
        {"Deine Karte wird belastet, wenn der Shop deine Bestellung versendet: nur für das Versandte und nie für mehr, "
         "als du bestätigt hast.",
         "Dies ist kein Kredit. Es fallen keine Zinsen und keine Gebühren an.",
         "Wenn du etwas zurückgibst, geht das Geld auf dieselbe Karte zurück."}}},
  }};
}

std::array<TermsRow, 3> pay_in_30_terms() {
  return {{
      {Plan::pay_in_30,
       Language::en,
       "If you pay late there is no fee and no interest. We remind you by e-mail; a debt that stays unpaid may be "
       "handed "
       "to a collection agency and may affect your ability to buy on credit.",
       {"Pay in 30 days",
        {"You pay the full price 30 days after the shop ships your order. What you pay in total is the price: no "
         "interest, no fee. Borrowing money means that it has to be paid back.",
         "Pay in your account with a card, at any time and without extra cost.",
         "You may withdraw from this credit within 14 days without giving a reason, and pay back what you have "
         "received "
         "within 30 days. If you return goods, what you owe is reduced first.",
         "Whether we offer credit is decided automatically. You may ask for the reasons, give your view, and have the "
         "decision reviewed by a person."}}},
      {Plan::pay_in_30,
       Language::sv,
       "Betalar du för sent tillkommer ingen avgift och ingen ränta. Vi påminner dig med e-post; en skuld som förblir "
       "obetald kan lämnas till inkasso och kan påverka dina möjligheter att handla på kredit.",
       {"Betala om 30 dagar",
        {"Du betalar hela priset 30 dagar efter att butiken skickat din beställning. Det du betalar totalt är priset: "
         "ingen ränta, ingen avgift. Att låna pengar innebär att de ska betalas tillbaka.",
         "Betala i ditt konto med kort, när som helst och utan extra kostnad.",
         "Du kan ångra krediten inom 14 dagar utan att ange skäl och betalar då tillbaka det du fått inom 30 dagar. Om "
         "du returnerar varor minskas först det du är skyldig.",
         "Om vi erbjuder kredit avgörs automatiskt. Du kan begära skälen, lämna dina synpunkter och få beslutet "
         "omprövat av en människa."}}},
      {Plan::pay_in_30,
       Language::de,
       "Bei verspäteter Zahlung fallen keine Gebühr und keine Zinsen an. Wir erinnern dich per E-Mail; eine offene "
       "Forderung kann an ein Inkassounternehmen gehen und künftige Käufe auf Kredit erschweren.",
       {"In 30 Tagen bezahlen",
        {"Du bezahlst den vollen Preis 30 Tage, nachdem der Shop deine Bestellung versendet hat. Insgesamt zahlst du "
         "den Preis: keine Zinsen, keine Gebühren. Geliehenes Geld muss zurückgezahlt werden.",
         "Bezahle jederzeit in deinem Konto mit Karte, ohne Mehrkosten.",
         "Du kannst diesen Kredit innerhalb von 14 Tagen ohne Angabe von Gründen widerrufen und zahlst dann Erhaltenes "
         "innerhalb von 30 Tagen zurück. Gibst du Waren zurück, sinkt zuerst, was du schuldest.",
         "Ob wir Kredit anbieten, wird automatisch entschieden. Du kannst die Gründe erfragen, deinen Standpunkt "
         "darlegen und die Entscheidung von einem Menschen überprüfen lassen."}}},
  }};
}

std::array<TermsRow, 3> pay_in_3_terms() {
  return {{
      {Plan::pay_in_3,
       Language::en,
       "If a payment fails there is no fee and no interest. We tell you by e-mail and try the card again after 7 and "
       "after 14 days; a debt that stays unpaid may be handed to a collection agency and may affect your ability to "
       "buy "
       "on credit.",
       {"Pay in 3",
        {"You pay in three parts: the first when the shop ships your order, the others 30 and 60 days after. What you "
         "pay in total is the price: no interest, no fee. Borrowing money means that it has to be paid back.",
         "The parts are charged to the card you give. You may pay any part earlier and replace the card in your "
         "account.",
         "You may withdraw from this credit within 14 days without giving a reason, and pay back what you have "
         "received "
         "within 30 days. If you return goods, the last part is reduced first.",
         "Whether we offer credit is decided automatically. You may ask for the reasons, give your view, and have the "
         "decision reviewed by a person."}}},
      {Plan::pay_in_3,
       Language::sv,
       "Om en betalning misslyckas tillkommer ingen avgift och ingen ränta. Vi meddelar dig med e-post och försöker "
       "igen efter 7 och efter 14 dagar; en skuld som förblir obetald kan lämnas till inkasso och kan påverka dina "
       "möjligheter att handla på kredit.",
       {"Dela upp på 3",
        {"Du betalar i tre delar: den första när butiken skickar din beställning, de andra efter 30 och 60 dagar. Det "
         "du betalar totalt är priset: ingen ränta, ingen avgift. Att låna pengar innebär att de ska betalas tillbaka.",
         "Delarna dras från kortet du anger. Du kan betala en del tidigare och byta kort i ditt konto.",
         "Du kan ångra krediten inom 14 dagar utan att ange skäl och betalar då tillbaka det du fått inom 30 dagar. Om "
         "du returnerar varor minskas den sista delen först.",
         "Om vi erbjuder kredit avgörs automatiskt. Du kan begära skälen, lämna dina synpunkter och få beslutet "
         "omprövat av en människa."}}},
      {Plan::pay_in_3,
       Language::de,
       "Schlägt eine Zahlung fehl, fallen keine Gebühr und keine Zinsen an. Wir informieren dich per E-Mail und "
       "versuchen es nach 7 und nach 14 Tagen erneut; eine offene Forderung kann an ein Inkassounternehmen gehen und "
       "künftige Käufe auf Kredit erschweren.",
       {"In 3 Teilen bezahlen",
        {"Du zahlst in drei Teilen: den ersten, wenn der Shop deine Bestellung versendet, die anderen nach 30 und 60 "
         "Tagen. Insgesamt zahlst du den Preis: keine Zinsen, keine Gebühren. Geliehenes Geld muss zurückgezahlt "
         "werden.",
         "Die Teile werden von deiner Karte abgebucht. Du kannst jeden Teil früher zahlen und die Karte im Konto "
         "wechseln.",
         "Du kannst diesen Kredit innerhalb von 14 Tagen ohne Angabe von Gründen widerrufen und zahlst dann Erhaltenes "
         "innerhalb von 30 Tagen zurück. Gibst du Waren zurück, sinkt zuerst der letzte Teil.",
         "Ob wir Kredit anbieten, wird automatisch entschieden. Du kannst die Gründe erfragen, deinen Standpunkt "
         "darlegen und die Entscheidung von einem Menschen überprüfen lassen."}}},
  }};
}

std::span<const TermsRow> terms_in_all_languages(Plan plan) {
  static const auto kPayNow = pay_now_terms();
  static const auto kPayIn30 = pay_in_30_terms();
  static const auto kPayIn3 = pay_in_3_terms();
  switch (plan) {
    case Plan::pay_now:
      return kPayNow;
    case Plan::pay_in_30:
      return kPayIn30;
    case Plan::pay_in_3:
      return kPayIn3;
  }
  return kPayNow;
}

const TermsRow& row_of(Plan plan, Language language) {
  const auto rows = terms_in_all_languages(plan);
  const auto found = std::ranges::find(rows, language, &TermsRow::language);
  return found == rows.end() ? rows.front() : *found;
}

}  // namespace

std::string_view late_sentence(Plan plan, Language language) { return row_of(plan, language).late; }
const Terms& terms_of(Plan plan, Language language) { return row_of(plan, language).terms; }

}  // namespace karv::credit
