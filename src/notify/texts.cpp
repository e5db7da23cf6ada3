#include "notify/texts.h"

#include "notify/templates.h"

namespace karv::notify {
namespace {

constexpr base::Duration kCodeLife = base::minutes(10);
constexpr base::Duration kNewsLife = base::days(3);

Template sign_in_code() {
  return {kSignInCode,
          {"code"},
          kCodeLife,
          {{{"Your sign-in code",
             "Your code is {code}\n\nIt works once, within ten minutes. Nobody from us will ever ask for it.\n"
             "If you did not ask for a code, do nothing: nobody is signed in without it.\n"},
            {"Din inloggningskod",
             "Din kod är {code}\n\nDen fungerar en gång, inom tio minuter. Vi frågar aldrig efter den.\n"
             "Om du inte bad om en kod behöver du inte göra något: ingen loggas in utan den.\n"},
            {"Dein Anmeldecode",
             "Dein Code lautet {code}\n\nEr gilt einmal und zehn Minuten lang. Wir fragen niemals danach.\n"
             "Falls du keinen Code angefordert hast, musst du nichts tun: ohne ihn wird niemand angemeldet.\n"}}}};
}

Template checkout_code() {
  return {
      kCheckoutCode,
      {"code", "merchant"},
      kCodeLife,
      {{{"Your code for {merchant}",
         "Your code is {code}\n\nEnter it in the checkout of {merchant}. It works once, within ten minutes.\n"
         "If you are not buying anything there, do nothing and tell nobody the code.\n"},
        {"Din kod för {merchant}",
         "Din kod är {code}\n\nAnge den i kassan hos {merchant}. Den fungerar en gång, inom tio minuter.\n"
         "Om du inte handlar där behöver du inte göra något; lämna inte ut koden.\n"},
        {"Dein Code für {merchant}",
         "Dein Code lautet {code}\n\nGib ihn an der Kasse von {merchant} ein. Er gilt einmal und zehn Minuten lang.\n"
         "Falls du dort nichts kaufst, musst du nichts tun; gib den Code niemandem.\n"}}}};
}

Template order_confirmed() {
  return {kOrderConfirmed,
          {"merchant", "reference", "amount", "account_url"},
          kNewsLife,
          {{{"Your order at {merchant}",
             "{merchant} has received your order {reference} of {amount}.\n\nYour card is charged when the order is "
             "shipped, never for more than that.\n\nYour purchases: {account_url}\n"},
            {"Din beställning hos {merchant}",
             "{merchant} har tagit emot din beställning {reference} på {amount}.\n\nKortet debiteras när beställningen "
             "skickas, aldrig för mer än så.\n\nDina köp: {account_url}\n"},
            {"Deine Bestellung bei {merchant}",
             "{merchant} hat deine Bestellung {reference} über {amount} erhalten.\n\nDeine Karte wird beim Versand "
             "belastet, nie mit mehr.\n\nDeine Käufe: {account_url}\n"}}}};
}

Template agreement_concluded() {
  return {
      kAgreementConcluded,
      {"merchant", "reference", "amount", "plan", "schedule", "terms_url", "account_url"},
      kNewsLife,
      {{{"{plan}: your agreement for {merchant}",
         "You chose: {plan}\nShop: {merchant}\nOrder: {reference}\nTotal to pay: {amount} (no interest, no fee)\n"
         "Payments if everything is shipped today: {schedule}\n\nThe dates count from the day your order is shipped. "
         "You may withdraw from the credit within 14 days without giving a reason.\n\nTerms: {terms_url}\n"
         "Your account: {account_url}\n"},
        {"{plan}: ditt avtal för {merchant}",
         "Du valde: {plan}\nButik: {merchant}\nBeställning: {reference}\nAtt betala totalt: {amount} (ingen ränta, "
         "ingen avgift)\nBetalningar om allt skickas i dag: {schedule}\n\nDatumen räknas från den dag beställningen "
         "skickas. Du kan ångra krediten inom 14 dagar utan att ange skäl.\n\nVillkor: {terms_url}\n"
         "Ditt konto: {account_url}\n"},
        {"{plan}: deine Vereinbarung für {merchant}",
         "Du hast gewählt: {plan}\nShop: {merchant}\nBestellung: {reference}\nInsgesamt zu zahlen: {amount} (keine "
         "Zinsen, keine Gebühren)\nZahlungen, falls heute alles versendet wird: {schedule}\n\nDie Termine zählen ab "
         "dem Versandtag. Du kannst den Kredit innerhalb von 14 Tagen ohne Angabe von Gründen widerrufen.\n\n"
         "Bedingungen: {terms_url}\nDein Konto: {account_url}\n"}}}};
}

Template installment_charged() {
  return {kInstallmentCharged,
          {"merchant", "reference", "amount", "card", "left", "account_url"},
          kNewsLife,
          {{{"Payment received: {amount}",
             "We received {amount} for your order {reference} at {merchant} from {card}.\nLeft to pay: {left}\n\n"
             "Your account: {account_url}\n"},
            {"Betalning mottagen: {amount}",
             "Vi har tagit emot {amount} för din beställning {reference} hos {merchant} från {card}.\n"
             "Kvar att betala: {left}\n\nDitt konto: {account_url}\n"},
            {"Zahlung erhalten: {amount}",
             "Wir haben {amount} für deine Bestellung {reference} bei {merchant} von {card} erhalten.\n"
             "Noch zu zahlen: {left}\n\nDein Konto: {account_url}\n"}}}};
}

Template installment_failed() {
  return {kInstallmentFailed,
          {"merchant", "reference", "amount", "next_try", "account_url"},
          kNewsLife,
          {{{"Your payment of {amount} did not go through",
             "The payment of {amount} for your order {reference} at {merchant} could not be charged to your card.\n"
             "Next attempt: {next_try}\n\nYou can pay or replace the card in your account: {account_url}\n"
             "There is no fee. If you have difficulties paying, tell us early.\n"},
            {"Din betalning på {amount} gick inte igenom",
             "Betalningen på {amount} för din beställning {reference} hos {merchant} kunde inte dras från ditt kort.\n"
             "Nästa försök: {next_try}\n\nDu kan betala eller byta kort i ditt konto: {account_url}\n"
             "Det tillkommer ingen avgift. Har du svårt att betala, hör av dig tidigt.\n"},
            {"Deine Zahlung von {amount} ist fehlgeschlagen",
             "Die Zahlung von {amount} für deine Bestellung {reference} bei {merchant} konnte nicht von deiner Karte "
             "abgebucht werden.\nNächster Versuch: {next_try}\n\nDu kannst in deinem Konto zahlen oder die Karte "
             "wechseln: {account_url}\nEs fällt keine Gebühr an. Melde dich früh, wenn du Schwierigkeiten hast.\n"}}}};
}

Template payment_refused() {
  return {
      kPaymentRefused,
      {"merchant", "reference", "amount", "open", "next_try", "account_url"},
      kNewsLife,
      {{{"A payment of {amount} was refused afterwards",
         "Your card's bank had set {amount} aside for your order {reference} at {merchant} and has now refused to pay "
         "it. We have not received this money.\nOpen for this payment: {open}\nNext attempt: {next_try}\n\n"
         "You can pay or replace the card in your account: {account_url}\n"
         "There is no fee. If you have difficulties paying, tell us early.\n"},
        {"En betalning på {amount} nekades i efterhand",
         "Ditt korts bank hade reserverat {amount} för din beställning {reference} hos {merchant} men har nu nekat "
         "betalningen. Vi har inte fått pengarna.\nKvar att betala: {open}\nNästa försök: {next_try}\n\n"
         "Du kan betala eller byta kort i ditt konto: {account_url}\n"
         "Det tillkommer ingen avgift. Har du svårt att betala, hör av dig tidigt.\n"},
        {"Eine Zahlung von {amount} wurde nachträglich abgelehnt",
         "Die Bank deiner Karte hatte {amount} für deine Bestellung {reference} bei {merchant} vorgemerkt und die "
         "Zahlung jetzt abgelehnt. Wir haben dieses Geld nicht erhalten.\nDafür noch zu zahlen: {open}\n"
         "Nächster Versuch: {next_try}\n\nDu kannst in deinem Konto zahlen oder die Karte wechseln: {account_url}\n"
         "Es fällt keine Gebühr an. Melde dich früh, wenn du Schwierigkeiten hast.\n"}}}};
}

Template installment_due() {
  return {kInstallmentDue,
          {"merchant", "reference", "amount", "account_url"},
          kNewsLife,
          {{{"{amount} is due for your order at {merchant}",
             "{amount} is due for your order {reference} at {merchant}.\n\nPay in your account: {account_url}\n"
             "There is no fee. If you have difficulties paying, tell us early.\n"},
            {"{amount} ska betalas för din beställning hos {merchant}",
             "{amount} ska betalas för din beställning {reference} hos {merchant}.\n\nBetala i ditt konto: "
             "{account_url}\nDet tillkommer ingen avgift. Har du svårt att betala, hör av dig tidigt.\n"},
            {"{amount} für deine Bestellung bei {merchant} ist fällig",
             "{amount} für deine Bestellung {reference} bei {merchant} ist fällig.\n\nZahle in deinem Konto: "
             "{account_url}\nEs fällt keine Gebühr an. Melde dich früh, wenn du Schwierigkeiten hast.\n"}}}};
}

Template refund_made() {
  return {kRefundMade,
          {"merchant", "reference", "amount", "canceled", "to_card", "account_url"},
          kNewsLife,
          {{{"Refund of {amount} from {merchant}",
             "{merchant} refunds {amount} of your order {reference}.\nTaken off what you owe: {canceled}\n"
             "Back to your card: {to_card}\n\nYour account: {account_url}\n"},
            {"Återbetalning på {amount} från {merchant}",
             "{merchant} återbetalar {amount} av din beställning {reference}.\nAvdraget från det du är skyldig: "
             "{canceled}\nTillbaka till ditt kort: {to_card}\n\nDitt konto: {account_url}\n"},
            {"Erstattung von {amount} durch {merchant}",
             "{merchant} erstattet {amount} deiner Bestellung {reference}.\nVon deiner offenen Summe abgezogen: "
             "{canceled}\nZurück auf deine Karte: {to_card}\n\nDein Konto: {account_url}\n"}}}};
}

Template card_replaced() {
  return {
      kCardReplaced,
      {"card", "account_url"},
      kNewsLife,
      {{{"Your card was replaced",
         "From now on your payments are charged to {card}.\n\nIf this was not you, sign in and replace the card, or "
         "answer this mail: {account_url}\n"},
        {"Ditt kort har bytts",
         "Från och med nu dras dina betalningar från {card}.\n\nOm det inte var du: logga in och byt kort, eller "
         "svara på det här mejlet: {account_url}\n"},
        {"Deine Karte wurde gewechselt",
         "Ab jetzt werden deine Zahlungen von {card} abgebucht.\n\nFalls du das nicht warst: melde dich an und "
         "wechsle die Karte, oder antworte auf diese Mail: {account_url}\n"}}}};
}

}  // namespace

std::span<const Template> all_templates() {
  static const std::array<Template, 10> kTemplates = {
      sign_in_code(),       checkout_code(),   order_confirmed(), agreement_concluded(), installment_charged(),
      installment_failed(), payment_refused(), installment_due(), refund_made(),         card_replaced()};
  return kTemplates;
}

}  // namespace karv::notify
