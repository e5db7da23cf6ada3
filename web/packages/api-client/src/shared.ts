// What both APIs say in the same words.

export interface OrderLine {
  name: string;
  quantity: number;
  total_amount: number;
}

export interface SavedCard {
  card_id: string;
  brand: string;
  last4: string;
  expiry: string;
}

export interface CardTicket {
  ticket: string;
  frame_url: string;
  expires_at: string;
}
